/* SPDX-License-Identifier: MIT */
#ifndef OOMGUARD_CATALOG_H
#define OOMGUARD_CATALOG_H

/*
 * The MESSAGE_ID of each kind of journal entry, as 32 hex digits.  Their explanations are in
 * data/oomguard.catalog under the same numbers (tests/package compares the two).  A number, once
 * released, keeps its meaning for good: people and programs search the journal for it.
 */
/* memory is getting low, nothing is ended yet */
#define OOMGUARD_MESSAGE_WARNING "1980cc01c1b0423a8831d6bf6b9f3eec"
/* the first signal has gone to a process */
#define OOMGUARD_MESSAGE_KILLING "c7494863252b4273b5bd802cc4a424d2"
/* SIGKILL after SIGTERM, or a repeated SIGKILL */
#define OOMGUARD_MESSAGE_ESCALATED "1fc11a8b909c4e6585c8569ff64d4f10"
/* the process has ended and its memory is back */
#define OOMGUARD_MESSAGE_KILLED "0c523a7d7e924fb9a802babe26a20cce"
/* the process did not end; the next one is looked for */
#define OOMGUARD_MESSAGE_GAVE_UP "71444528b20f4a34bf67ba61daec4d1b"
/* memory is short and nothing may be, or is worth being, ended */
#define OOMGUARD_MESSAGE_NOTHING "65bcfd9212454515b4c8156b1e81bcf2"
/* memory is above its limits again */
#define OOMGUARD_MESSAGE_RECOVERED "b6284977893f418a861a164956b599e1"
/* the configuration was read again */
#define OOMGUARD_MESSAGE_RELOADED "fb864fa81ed14ff8b682f11ab0766828"
/* the kernel's own OOM killer ended a process */
#define OOMGUARD_MESSAGE_KERNEL_KILL "accde73907494261a764b5ffcf559ef0"

#endif
