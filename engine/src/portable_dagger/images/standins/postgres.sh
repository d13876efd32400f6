# PostgreSQL $MAJOR from Debian, with the users, paths and entrypoint of the official image.
export DEBIAN_FRONTEND=noninteractive
groupadd --system --gid 999 postgres
useradd --system --gid postgres --uid 999 --home-dir /var/lib/postgresql --shell /bin/bash postgres
apt-get update -qq
cd /tmp
apt-get download -qq "postgresql-$MAJOR" "postgresql-client-$MAJOR" locales
# The server's package wants LLVM (120 MB) for just-in-time compilation, and perl for Debian's cluster tools. Neither
# is needed here, so the two packages are rebuilt without those files, dependencies and scripts.
for name in "postgresql-$MAJOR" "postgresql-client-$MAJOR"; do
    dpkg-deb --raw-extract "$name"_*.deb "$name"
    rm -rf "$name"_*.deb "$name/usr/lib/postgresql/$MAJOR/lib/bitcode" "$name/usr/share/doc" "$name/usr/share/man"
    rm -rf "$name/usr/lib/postgresql/$MAJOR/lib/"llvmjit* "$name/usr/share/postgresql/$MAJOR/man" "$name/usr/share/locale"
    (cd "$name/DEBIAN" && ls | grep -v '^control$' | xargs -r rm -f)
    sed -i -E '/^(Depends|Recommends|Suggests|Pre-Depends):/{
        s/(, *|: *)(libllvm[0-9.]+|postgresql-common|postgresql-client-common|ssl-cert|locales|debconf|sysvinit-utils|netbase)[^,]*/\1/g
        s/(, *)+/, /g; s/: *, */: /; s/, *$//
    }' "$name/DEBIAN/control"
    sed -i -E '/^(Recommends|Suggests):/d; s/^(Version: .*)/\1+standin/' "$name/DEBIAN/control"
    dpkg-deb -Znone --build --root-owner-group "$name" "$name.deb" > /dev/null
done
apt-get install -qq -y --no-install-recommends "./postgresql-$MAJOR.deb" "./postgresql-client-$MAJOR.deb" tzdata
dpkg-deb --extract locales_*.deb locales
I18NPATH=/tmp/locales/usr/share/i18n localedef -i en_US -c -f UTF-8 -A /tmp/locales/etc/locale.alias en_US.UTF-8
rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/ldconfig/aux-cache /var/cache/debconf/*-old /var/lib/dpkg/*-old
mkdir -p /var/log/apt /var/lib/apt/lists/partial

sed -i -E "s/^#?listen_addresses = .*/listen_addresses = '*'/" "/usr/share/postgresql/$MAJOR/postgresql.conf.sample"
install -d -o postgres -g postgres -m 1777 /var/lib/postgresql /var/lib/postgresql/data
install -d -o postgres -g postgres -m 3777 /var/run/postgresql
install -d /docker-entrypoint-initdb.d
install -m 755 "$INPUT/docker-entrypoint.sh" /usr/local/bin/docker-entrypoint.sh
echo "PG_VERSION=$(dpkg-query -W -f '${Version}' "postgresql-$MAJOR")" > "$OUTPUT/variables"
