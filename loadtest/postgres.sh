# A PostgreSQL for the scripts that measure one; to be sourced after rig.sh. Sets what psql finds the server by, so that
# `psql` without more speaks to it, and what the gateway does, but for the name of the database.
POSTGRES=

# PostgreSQL refuses to be run by root.
as_postgres() {
  if [ "$(id -u)" -eq 0 ]; then
    (cd "$TARGET/pg" && setpriv --reuid=65534 --regid=65534 --clear-groups "$@")
  else
    (cd "$TARGET/pg" && "$@")
  fi
}

# Starts a new server on a port, as durable as by default, and sets POSTGRES (its pid).
start_postgres() {
  local bin=${PGBIN:+$PGBIN/} drop=()
  command -v "${bin}postgres" >/dev/null && command -v "${bin}initdb" >/dev/null ||
    die "no PostgreSQL: set PGBIN to the directory of postgres and initdb, or DATABASE_URL to a server"
  rm -rf "$TARGET/pg"
  mkdir -p "$TARGET/pg/data"
  export PGHOST=127.0.0.1 PGPORT=$1 PGUSER=postgres PGDATABASE=postgres PGPASSWORD
  PGPASSWORD=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  (umask 077 && echo "$PGPASSWORD" >"$TARGET/pg/password")
  if [ "$(id -u)" -eq 0 ]; then
    need setpriv util-linux
    drop=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    chown -R 65534:65534 "$TARGET/pg"
  fi
  chmod 700 "$TARGET/pg/data"
  as_postgres "${bin}initdb" --pgdata="$TARGET/pg/data" --username="$PGUSER" --pwfile="$TARGET/pg/password" \
    --auth=scram-sha-256 --encoding=UTF8 --no-locale --no-sync >"$TARGET/postgres.log" 2>&1 ||
    { cat "$TARGET/postgres.log" >&2; die "initdb failed"; }
  (cd "$TARGET/pg" && exec env -u PGPASSWORD "${drop[@]}" "${bin}postgres" -D "$TARGET/pg/data" -p "$1" \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=on -c full_page_writes=on \
    -c synchronous_commit=on -c shared_buffers=256MB -c max_wal_size=4GB) >>"$TARGET/postgres.log" 2>&1 </dev/null &
  POSTGRES=$!
  local end=$((SECONDS + 60))
  until psql -XAtqc 'select' >/dev/null 2>&1; do
    kill -0 "$POSTGRES" 2>/dev/null && [ "$SECONDS" -lt "$end" ] ||
      { tail -n 40 "$TARGET/postgres.log" >&2; die "PostgreSQL does not answer, see $TARGET/postgres.log"; }
    sleep 0.1
  done
  export SLUICE_JOURNAL_POSTGRES_USERNAME=$PGUSER SLUICE_JOURNAL_POSTGRES_PASSWORD=$PGPASSWORD
}

# Takes the server of DATABASE_URL, r2dbc:postgresql://host:port/database, in which the user of
# SLUICE_JOURNAL_POSTGRES_USERNAME and _PASSWORD may create databases.
use_postgres() {
  [[ $DATABASE_URL =~ ^r2dbc:postgresql://([^:/@]+)(:([0-9]+))?/([^?]+)$ ]] ||
    die "DATABASE_URL is $DATABASE_URL; expected r2dbc:postgresql://host:port/database"
  export PGHOST=${BASH_REMATCH[1]} PGPORT=${BASH_REMATCH[3]:-5432} PGDATABASE=${BASH_REMATCH[4]}
  export PGUSER=${SLUICE_JOURNAL_POSTGRES_USERNAME:?} PGPASSWORD=${SLUICE_JOURNAL_POSTGRES_PASSWORD:-}
}

# Makes a new database and has gateways that are started from now on use it; sets DATABASE (its name).
new_database() {
  DATABASE=sluice_load_$$_$1
  psql -XAtqc "create database $DATABASE"
  export SLUICE_JOURNAL_TYPE=postgres SLUICE_JOURNAL_POSTGRES_URL=r2dbc:postgresql://$PGHOST:$PGPORT/$DATABASE
}

drop_database() {
  [ -n "${DATABASE:-}" ] || return 0
  psql -XAtqc "drop database if exists $DATABASE with (force)"
  DATABASE=
}

clean_up_more() {
  if [ -z "$POSTGRES" ]; then
    drop_database 2>/dev/null || true
  else
    kill -INT "$POSTGRES" 2>/dev/null || true # ends it although somebody is connected
    timeout 60 tail --pid="$POSTGRES" -f /dev/null || kill -QUIT "$POSTGRES" 2>/dev/null || true
    rm -rf "$TARGET/pg"
  fi
}
