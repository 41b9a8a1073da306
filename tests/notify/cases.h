/* SPDX-License-Identifier: MIT */
/*
 * The groups of cases; each returns how many have failed.
 */
#ifndef TEST_CASES_H
#define TEST_CASES_H

#define CASE(name)   cmocka_unit_test(name)
#define STAGED(name) cmocka_unit_test_setup_teardown(name, stage_begin, stage_end)

int
cases_fields(void);
int
cases_bus(void);
int
cases_signals(void);
int
cases_monitor(void);
int
cases_journal(void);
int
cases_fault(void);
int
cases_command(void);

#endif
