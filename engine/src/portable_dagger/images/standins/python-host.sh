# CPython $VERSION from an interpreter of the host, at $INPUT/python with its headers and library below one prefix,
# moved to /usr/local as in the official images. What was installed into the host's interpreter stays behind, and so do
# tests, static libraries and debugging symbols, which the official slim images leave out too.
from=$INPUT/python
tar -C "$from" -c \
    --exclude=site-packages --exclude=__pycache__ --exclude='*.a' --exclude='_tkinter*.so' --exclude='nis.*.so' \
    --exclude='_test*.so' --exclude='_xxtest*.so' --exclude='xxlimited*.so' --exclude="lib/python$MINOR/test" \
    --exclude="lib/python$MINOR/idlelib" --exclude="lib/python$MINOR/tkinter" --exclude="lib/python$MINOR/turtledemo" \
    --exclude="lib/python$MINOR/lib2to3/tests" --exclude="lib/python$MINOR/*/test" --exclude="lib/python$MINOR/*/tests" \
    "bin/python$MINOR" "include/python$MINOR" "lib/python$MINOR" \
    $(cd "$from" && ls -d lib/libpython$MINOR*.so* lib/libpython3.so "bin/python$MINOR-config" 2>/dev/null) |
    tar -C /usr/local -x --no-same-owner
cd /usr/local
mkdir -p "lib/python$MINOR/site-packages"
# The build's own prefix is written into a few texts; the interpreter itself finds its library from where it lies.
prefix=$(sed -n "s/^ *'prefix': '\(.*\)',\$/\1/p" lib/python$MINOR/_sysconfigdata*.py | head -n 1)
if [ -n "$prefix" ] && [ "$prefix" != /usr/local ]; then
    grep -rlIF "$prefix" bin lib/python$MINOR/_sysconfigdata*.py lib/python$MINOR/config-* | xargs -r sed -i "s#$prefix#/usr/local#g"
fi
ldconfig
ln -sf "python$MINOR" bin/python3
ln -sf python3 bin/python
[ ! -e "bin/python$MINOR-config" ] || ln -sf "python$MINOR-config" bin/python3-config
python3 -c 'import bz2, ctypes, curses, decimal, hashlib, lzma, readline, sqlite3, ssl, uuid, zlib'
# pip as ensurepip installs it, from the wheels that CPython brings, but compiled by all processors.
site=lib/python$MINOR/site-packages
for wheel in lib/python$MINOR/ensurepip/_bundled/*.whl; do
    python3 -m zipfile -e "$wheel" "$site"
done
for metadata in "$site"/*.dist-info; do
    echo ensurepip > "$metadata/INSTALLER"
done
for name in pip pip3 "pip$MINOR"; do
    printf '#!/usr/local/bin/python%s\nimport sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n' \
        "$MINOR" > "bin/$name"
    chmod 755 "bin/$name"
done
python3 -m compileall -q -j 0 "lib/python$MINOR" || echo "some files of the standard library do not compile"
python3 -m pip --version
find lib -depth -type d \( -name test -o -name tests -o -name idle_test \) -exec rm -rf {} +
find "bin/python$MINOR" lib -type f \( -name '*.so*' -o -name "python$MINOR" \) -exec python3 "$INPUT/strip.py" {} +
rm -rf /root/.cache /var/cache/ldconfig/aux-cache
echo "PYTHON_VERSION=$(python3 -c 'import platform; print(platform.python_version())')" > "$OUTPUT/variables"
