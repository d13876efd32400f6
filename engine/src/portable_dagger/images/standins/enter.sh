# Run $SCRIPT on a file system layer: $UPPER over $LOWER (top first, ":" between), merged at $ROOT.
# Started in pid and mount namespaces of its own, so everything mounted here goes when it ends, however it ends.
# REDIRECTS is the option that switches overlays' redirections off, which differs in a user namespace.
# PLACE=host runs the script outside the merged tree (it fills $ROOT), PLACE=inside in a chroot of it. PLACE=beside runs
# it in a chroot whose changes are thrown away; it copies what it wants of /tmp/below and fills $TREE, which is the layer.
set -eu
if [ "$PLACE" = beside ]; then
    layer=$UPPER UPPER=$WORK/upper WORK=$WORK/work
    mkdir "$UPPER" "$WORK"
fi
options="lowerdir=$LOWER,upperdir=$UPPER,workdir=$WORK,metacopy=off,index=off,$REDIRECTS"
# "volatile" spares dpkg's thousands of fsyncs: a layer that is not finished is thrown away, a finished one is synced.
mount -t overlay -o "$options,volatile" overlay "$ROOT" 2>/dev/null || mount -t overlay -o "$options" overlay "$ROOT"
while read -r name path; do
    mkdir "$INPUT/$name"
    mount --bind "$path" "$INPUT/$name"
    mount -o remount,bind,ro "$INPUT/$name"
done < "$INPUT/folders"
if [ "$PLACE" = host ]; then
    exec sh -eu "$INPUT/script"
fi
mount -t proc proc "$ROOT/proc"
mount -t tmpfs -o mode=755 tmpfs "$ROOT/dev"
for node in null zero full random urandom tty; do
    : > "$ROOT/dev/$node"
    mount --bind "/dev/$node" "$ROOT/dev/$node"
done
ln -s /proc/self/fd "$ROOT/dev/fd"
mkdir "$ROOT/dev/shm"
mount -t tmpfs -o mode=1777 tmpfs "$ROOT/tmp"
mkdir "$ROOT/tmp/input" "$ROOT/tmp/output"
mount --rbind "$INPUT" "$ROOT/tmp/input"
mount --rbind "$OUTPUT" "$ROOT/tmp/output"
if [ "$PLACE" = beside ]; then
    mkdir "$ROOT/tmp/below" "$ROOT/tmp/tree"
    mount --bind "$ROOT" "$ROOT/tmp/below"
    mount --bind "$layer" "$ROOT/tmp/tree"
    export TREE=/tmp/tree
fi
cp /etc/resolv.conf "$ROOT/etc/resolv.conf"
export INPUT=/tmp/input OUTPUT=/tmp/output HOME=/root TMPDIR=/tmp APT_CONFIG=/tmp/input/apt.conf
chroot "$ROOT" /bin/sh -eu /tmp/input/script
rm -f "$ROOT/etc/resolv.conf"
