#!/bin/bash
# SPDX-License-Identifier: MIT
# A database under load: PostgreSQL with pgbench's own transactions and sorts that take their
# work_mem, and Redis that is filled, written to and forks to save itself (BGSAVE) all the while.
#   database.sh prepare FOLDER; database.sh run FOLDER SECONDS
# SCALE: of pgbench, 16 MB each; KEYS: of Redis, 1 KB each.
set -u

step=$1 folder=$2 seconds=${3:-}
bin=$(echo /usr/lib/postgresql/*/bin)
as="setpriv --reuid=65534 --regid=65534 --clear-groups"
export PGHOST=$folder/db PGDATABASE=postgres PGUSER=nobody

postgres_do() { # start|stop
        $as "$bin/pg_ctl" -s -w -D "$folder/db/pg" -l "$folder/db/log" \
                -o "-k $folder/db -c listen_addresses= -c shared_buffers=${SHARED:-256}MB \
-c work_mem=32MB -c max_wal_size=128MB -c checkpoint_timeout=30s" "$1"
}

case $step in
prepare)
        chmod 755 "$folder"
        mkdir "$folder/db"
        chown 65534:65534 "$folder/db"
        cd "$folder/db" || exit 1
        $as "$bin/initdb" -A trust -N -D "$folder/db/pg" >/dev/null || exit 1
        postgres_do start || exit 1
        $as "$bin/pgbench" -q -i -s "${SCALE:-30}" 2>/dev/null
        postgres_do stop
        echo "SELECT count(DISTINCT bid * random()) FROM pgbench_accounts;" > "$folder/db/sort.sql"
        ;;
run)
        cd "$folder/db" || exit 1
        $as redis-server --port 0 --unixsocket "$folder/db/redis" --dir "$folder/db" \
                --save 5 1000 --daemonize no > /dev/null &
        redis=$!
        postgres_do start || exit 1
        $as redis-cli -s "$folder/db/redis" ping
        # shellcheck disable=SC2086 # $as is a list of words
        timeout "$seconds" $as redis-benchmark -s "$folder/db/redis" -t set -d 1024 -l -q \
                -r "${KEYS:-200000}" -n 1000000 -c 10 > /dev/null &
        filling=$!
        $as "$bin/pgbench" -n -c 8 -T "$seconds" -b tpcb-like@8 -f sort.sql@1
        status=$?
        wait "$filling"
        postgres_do stop
        kill "$redis"
        wait "$redis"
        exit "$status"
        ;;
esac
