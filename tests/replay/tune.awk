# SPDX-License-Identifier: MIT
# What differs between two runs of outcome(.c), as one cell of tune.sh's table: of each kind of
# difference how many traces show it, and the three that show it most.
#   awk -v base=FILE_OF_THE_DEFAULTS -f tune.awk < OUTCOMES
# The fields: NAME MUST WHEN_MS LEVEL REASON LEFT_KIB KILL_MS KILL_LEFT_KIB WARNED_MS WARNINGS
# LEAD_MS CHANGES.

function add(kind, weight, text) {
        n[kind]++
        weights[kind, n[kind]] = weight
        texts[kind, n[kind]] = text
}

# The same step at another time: 20 ms is less than what separates two looks.
function moved(kind, ms, ms_was, kib, kib_was,    by) {
        by = ms - ms_was
        if (by > -20 && by < 20) return
        add(by > 0 ? kind " later" : kind " sooner", by > 0 ? by : -by,
            sprintf("%s by %d ms (%d, not %d MiB left)", $1, by > 0 ? by : -by, kib / 1024,
                    kib_was / 1024))
}

function cell(kind, title,    i, j, best, out) {
        for (i = 0; i < 3 && i < n[kind]; i++) {
                best = 0
                for (j = 1; j <= n[kind]; j++)
                        if (!((kind, j) in used) &&
                            (!best || weights[kind, j] > weights[kind, best])) best = j
                used[kind, best] = 1
                out = out (out ? "; " : "") texts[kind, best]
        }
        if (out) all = all (all ? "<br>" : "") title " (" n[kind] "): " out
}

BEGIN {
        while ((getline line < base) > 0) {
                split(line, f, " ")
                for (i = 2; i <= 12; i++) was[f[1], i] = f[i]
        }
}

$2 == "live" && $3 != "-" && was[$1, 3] == "-" {
        add("ended", 1, sprintf("%s (%s, %d MiB left)", $1, $5, $6 / 1024))
}
$2 == "act" && $3 == "-" { add("nobody", 1, $1) }
$2 == "act" && $3 != "-" && was[$1, 3] != "-" {
        moved("act", $3, was[$1, 3], $6, was[$1, 6])
        if ($4 == "kill" && was[$1, 4] == "term") add("harsh", 1, $1)
        if ($4 == "term" && was[$1, 4] == "kill") add("mild", 1, $1)
}
$2 == "act" && $3 != "-" && $7 == "-" && was[$1, 7] != "-" { add("no kill", 1, $1) }
$2 == "act" && $7 != "-" && was[$1, 7] != "-" && !($4 == "kill" && was[$1, 4] == "kill") {
        moved("kill", $7, was[$1, 7], $8, was[$1, 8])
}
$9 == "-" && was[$1, 9] != "-" { add("untold", 1, $1) }
$9 != "-" && was[$1, 9] == "-" { add("told", 1, $1) }
$9 != "-" && was[$1, 9] != "-" && ($9 - was[$1, 9] >= 200 || $9 - was[$1, 9] <= -200) {
        by = $9 - was[$1, 9]
        add(by > 0 ? "told late" : "told soon", by > 0 ? by : -by,
            sprintf("%s by %d ms", $1, by > 0 ? by : -by))
}
$10 > was[$1, 10] && was[$1, 10] > 0 { add("often", $10, sprintf("%s %d times", $1, $10)) }

$11 != "-" && was[$1, 11] != "-" && $11 - was[$1, 11] <= -20 {
        add("unready", was[$1, 11] - $11, sprintf("%s %d, not %d ms", $1, $11, was[$1, 11]))
}
$12 - was[$1, 12] >= 2 {
        add("changes", $12 - was[$1, 12], sprintf("%s %d, not %d times", $1, $12, was[$1, 12]))
}

END {
        cell("ended", "**somebody ended who must live**")
        cell("nobody", "**nobody ended who must be**")
        cell("act later", "later")
        cell("act sooner", "sooner")
        cell("harsh", "no time to end by itself")
        cell("mild", "asked where there is no time")
        cell("no kill", "never ended at once")
        cell("kill later", "ended at once, but later")
        cell("kill sooner", "ended at once, but sooner")
        cell("untold", "no warning")
        cell("told late", "warned later")
        cell("told soon", "warned sooner")
        cell("told", "warned where nobody was")
        cell("often", "warned again and again")
        cell("unready", "less time to get ready")
        cell("changes", "the level changes more often")
        print all ? all : "no trace tells"
}
