# A Debian base image: $SUITE with the packages of the slim images, built into $ROOT.
keep() { cat > "$ROOT/$1"; }

# The tar filter that mmdebstrap uses for --dpkgopt=path-exclude doubles the time; dpkg's own configuration does not.
mkdir -p "$INPUT/setup/etc/dpkg/dpkg.cfg.d"
cat > "$INPUT/setup/etc/dpkg/dpkg.cfg.d/docker" <<'END'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/man/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/info/*
path-exclude /usr/share/lintian/*
force-unsafe-io
END
set -- "$SUITE" "$ROOT"
if [ -s "$INPUT/debian.sources" ]; then
    set -- "$@" "$INPUT/debian.sources"
fi
# The official images have usr-is-merged. Its twin usrmerge, which apt takes first, brings all of perl with it.
if [ "$SUITE" = bookworm ]; then
    set -- --include=usr-is-merged \
        --customize-hook='chroot "$1" apt-get -qq -y purge --auto-remove usrmerge perl "^perl-modules-.*" "^libperl5.*"' "$@"
fi
mmdebstrap --quiet --mode=root --variant=minbase --format=directory --aptopt="$INPUT/apt.conf" \
    --setup-hook='cp -a "$INPUT/setup/." "$1/"' "$@"

cd "$ROOT"
find usr/share/doc -type f ! -name copyright -delete
find usr/share/doc -type d -empty -delete
rm -rf usr/share/man/* usr/share/locale/* usr/share/info/* usr/share/lintian
rm -rf dev/* run/* tmp/* var/log/* var/cache/* var/lib/apt/lists/* var/lib/dpkg/*-old etc/resolv.conf etc/hostname
mkdir -p var/log/apt var/cache/apt/archives/partial var/cache/debconf var/lib/apt/lists/partial
install -d -m 1777 run/lock
rm -f etc/apt/apt.conf.d/99mmdebstrap
: > etc/machine-id
if [ -e etc/apt/sources.list.d/0000debian.sources ]; then
    mv etc/apt/sources.list.d/0000debian.sources etc/apt/sources.list.d/debian.sources
fi
# Services are not started when a package is installed, and apt leaves nothing behind, as in the official images.
keep usr/sbin/policy-rc.d <<'END'
#!/bin/sh
exit 101
END
chmod 755 usr/sbin/policy-rc.d
keep etc/apt/apt.conf.d/docker-clean <<'END'
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
END
keep etc/apt/apt.conf.d/docker-gzip-indexes <<'END'
Acquire::GzipIndexes "true";
END
keep etc/apt/apt.conf.d/docker-no-languages <<'END'
Acquire::Languages "none";
END
keep etc/apt/apt.conf.d/docker-autoremove-suggests <<'END'
Apt::AutoRemove::SuggestsImportant "false";
END
