# CPython $MINOR from Debian's own packages: a virtual environment at /usr/local makes it look as in the official images.
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends "python$MINOR" "python$MINOR-venv" ca-certificates netbase tzdata
rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/ldconfig/aux-cache /var/cache/debconf/*-old /var/lib/dpkg/*-old
mkdir -p /var/log/apt /var/lib/apt/lists/partial
if [ "$MINOR" = 3.9 ]; then
    # Before 3.11 compiled sets are in the order of their hashes, and the packages' scripts let these be random.
    "python$MINOR" -m compileall -q -f "/usr/lib/python$MINOR" || echo "some files of the standard library do not compile"
fi
"python$MINOR" -m venv --symlinks /usr/local
rm -f /usr/local/bin/activate* /usr/local/bin/Activate*
python3 -c 'import bz2, ctypes, curses, decimal, hashlib, lzma, readline, sqlite3, ssl, uuid, zlib'
echo "PYTHON_VERSION=$(python3 -c 'import platform; print(platform.python_version())')" > "$OUTPUT/variables"
