#!/bin/bash
# Start PostgreSQL; the first start makes the database cluster. The settings are those of the official image:
# POSTGRES_PASSWORD, POSTGRES_USER, POSTGRES_DB, POSTGRES_INITDB_ARGS, POSTGRES_INITDB_WALDIR,
# POSTGRES_HOST_AUTH_METHOD, PGDATA, each of the first four also as NAME_FILE, and /docker-entrypoint-initdb.d.
set -Eeuo pipefail
shopt -s nullglob

fail() {
    printf 'Error: %s\n' "$*" >&2
    exit 1
}

# setting NAME [DEFAULT]: export NAME from itself, from the file that NAME_FILE names, or from DEFAULT.
setting() {
    local name=$1 file_name=${1}_FILE default=${2:-}
    if [[ -n ${!name:-} && -n ${!file_name:-} ]]; then
        fail "both $name and $file_name are set (but are exclusive)"
    fi
    local value=${!name:-$default}
    if [[ -n ${!file_name:-} ]]; then
        value=$(< "${!file_name}")
    fi
    export "$name=$value"
    unset "$file_name"
}

settings() {
    setting POSTGRES_PASSWORD
    setting POSTGRES_USER postgres
    setting POSTGRES_DB "$POSTGRES_USER"
    setting POSTGRES_INITDB_ARGS
    : "${POSTGRES_HOST_AUTH_METHOD:=}"
}

# Without a password nobody could log in, unless everybody may: that has to be said, not guessed.
check_password() {
    if [[ -z $POSTGRES_PASSWORD && $POSTGRES_HOST_AUTH_METHOD != trust ]]; then
        fail "Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the
       superuser. For example, \"-e POSTGRES_PASSWORD=password\" on \"docker run\".

       You may also use \"POSTGRES_HOST_AUTH_METHOD=trust\" to allow all
       connections without a password. This is *not* recommended."
    fi
}

make_directories() {
    mkdir -p "$PGDATA" /var/run/postgresql
    chmod 700 "$PGDATA" || true
    chmod 3777 /var/run/postgresql || true
    if [[ -n ${POSTGRES_INITDB_WALDIR:-} ]]; then
        mkdir -p "$POSTGRES_INITDB_WALDIR"
        chmod 700 "$POSTGRES_INITDB_WALDIR"
    fi
    if [[ $(id -u) == 0 ]]; then
        find "$PGDATA" ${POSTGRES_INITDB_WALDIR:+"$POSTGRES_INITDB_WALDIR"} /var/run/postgresql \
            ! -user postgres -exec chown postgres '{}' +
    fi
}

make_cluster() {
    local options=()
    if [[ -n ${POSTGRES_INITDB_WALDIR:-} ]]; then
        options+=(--waldir "$POSTGRES_INITDB_WALDIR")
    fi
    # POSTGRES_INITDB_ARGS is a line of shell words, as in the official image.
    eval "initdb --username=\"\$POSTGRES_USER\" --pwfile=<(printf '%s\n' \"\$POSTGRES_PASSWORD\") \
        \"\${options[@]}\" $POSTGRES_INITDB_ARGS \"\$@\""
    local method=${POSTGRES_HOST_AUTH_METHOD:-$(postgres -C password_encryption)}
    printf '\nhost all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"
}

# run_sql [psql options]: as the superuser over the local socket; the first error ends it.
run_sql() {
    PGPASSWORD=$POSTGRES_PASSWORD PGHOST='' PGHOSTADDR='' psql --variable ON_ERROR_STOP=1 --no-psqlrc \
        --username "$POSTGRES_USER" --no-password "$@"
}

make_database() {
    local known
    known=$(run_sql --dbname postgres --tuples-only --variable db="$POSTGRES_DB" \
        <<< "SELECT 1 FROM pg_database WHERE datname = :'db';")
    if [[ -z $known ]]; then
        run_sql --dbname postgres --variable db="$POSTGRES_DB" <<< 'CREATE DATABASE :"db";'
    fi
}

run_init_files() {
    local file
    for file; do
        printf '%s: running %s\n' "$0" "$file"
        case $file in
            *.sh) if [[ -x $file ]]; then "$file"; else . "$file"; fi ;;
            *.sql) run_sql --dbname "$POSTGRES_DB" -f "$file" ;;
            *.sql.gz) gunzip -c "$file" | run_sql --dbname "$POSTGRES_DB" ;;
            *.sql.xz) xzcat "$file" | run_sql --dbname "$POSTGRES_DB" ;;
            *.sql.zst) zstd -dc "$file" | run_sql --dbname "$POSTGRES_DB" ;;
            *) printf '%s: ignoring %s\n' "$0" "$file" ;;
        esac
    done
}

# initialise [postgres options]: cluster, database and init files, by a server that only the local socket reaches.
initialise() {
    check_password
    make_cluster
    local files=(/docker-entrypoint-initdb.d/*)
    if [[ $POSTGRES_DB == postgres && ${#files[@]} == 0 ]]; then
        # initdb made that database already: a server for nothing would double the time of a start.
        return
    fi
    export PGPASSWORD=$POSTGRES_PASSWORD
    local options="-c listen_addresses='' -p ${PGPORT:-5432}"
    if (($#)); then
        options+=$(printf ' %q' "$@")
    fi
    pg_ctl -D "$PGDATA" -o "$options" -w start
    make_database
    run_init_files "${files[@]}"
    pg_ctl -D "$PGDATA" -m fast -w stop
    unset PGPASSWORD
}

asks_for_help() {
    local argument
    for argument; do
        case $argument in
            -'?' | --help | --describe-config | -V | --version) return 0 ;;
        esac
    done
    return 1
}

main() {
    if [[ ${1:0:1} == - ]]; then
        set -- postgres "$@"
    fi
    if [[ $1 == postgres ]] && ! asks_for_help "$@"; then
        make_directories
        if [[ $(id -u) == 0 ]]; then
            exec env HOME=/var/lib/postgresql setpriv --reuid=postgres --regid=postgres --init-groups -- "$BASH_SOURCE" "$@"
        fi
        if [[ ! -s $PGDATA/PG_VERSION ]]; then
            settings
            initialise "${@:2}"
            printf '\nPostgreSQL init process complete; ready for start up.\n\n'
        else
            printf '\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n'
        fi
    fi
    exec "$@"
}

main "${@:-postgres}"
