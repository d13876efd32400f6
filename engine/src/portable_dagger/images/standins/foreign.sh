# The tree below for another architecture, put together at $TREE without running any of its programs: a copy in which the
# packages of this machine's architecture are replaced by the same ones of $ARCHITECTURE. What maintainer scripts made
# (users, alternatives, bundles of certificates, virtual environments) is text and links, and is kept.
case $ARCHITECTURE in
    amd64) machine=62 ;;
    arm64) machine=183 ;;
esac
native=$(dpkg --print-architecture)
multiarch=$(dpkg-query -L libc6 | sed -n 's:.*/lib/\([^/]*\)/libc\.so\.6$:\1:p')
cp -a /tmp/below/. "$TREE"
rm -f "$TREE/etc/resolv.conf"

mkdir /tmp/packages
cd /tmp/packages
apt="apt-get -qq -o APT::Architecture=$ARCHITECTURE -o APT::Architectures::=$ARCHITECTURE"
names() { dpkg-query -W -f "\${Architecture} $1\\n" | sed -n "s/^$native //p"; }
$apt update
$apt download $(names '${Package}') > /dev/null

# Links in the root folder stay while files go: they are the merged /usr, which the paths of other files lead through.
cd "$TREE/var/lib/dpkg"
for name in $(names '${binary:Package}'); do
    [ -e "info/$name.list" ] || name=${name%:*}
    grep '^/.*/' "info/$name.list" | while read -r path; do
        [ -d "$TREE$path" ] && [ ! -L "$TREE$path" ] || printf '%s\0' "$TREE$path"
    done | xargs -0 -r rm -f
    rm -f "info/$name".[a-z]*
done
# Caches are of this architecture; without them the same is found by looking into the folders.
rm -f "$TREE/etc/ld.so.cache" "$TREE/usr/lib/$multiarch/gconv/gconv-modules.cache"
find "$TREE" -depth -type d -path "*/$multiarch*" -empty -delete
if [ -L "$TREE/bin" ]; then
    rm -f "$TREE/lib64"
    rmdir "$TREE/usr/lib64" 2> /dev/null || [ ! -e "$TREE/usr/lib64" ]
    if [ "$ARCHITECTURE" = amd64 ]; then
        mkdir -p "$TREE/usr/lib64"
        ln -s usr/lib64 "$TREE/lib64"
    fi
fi

echo "$ARCHITECTURE" > arch
sed -i "s/^Architecture: $native$/Architecture: $ARCHITECTURE/" "$TREE/var/lib/apt/extended_states"
awk -v RS= -v ORS='\n\n' -v native="\nArchitecture: $native\n" '!index($0, native)' status > status.new
for package in /tmp/packages/*.deb; do
    name=$(dpkg-deb --field "$package" Package)
    [ "$(dpkg-deb --field "$package" Multi-Arch)" != same ] || name=$name:$ARCHITECTURE
    dpkg-deb --fsys-tarfile "$package" | tar -C "$TREE" -xp --keep-directory-symlink --no-overwrite-dir
    dpkg-deb --fsys-tarfile "$package" | tar -t | sed 's:^\.::; s:^/$:/.:; s:\(.\)/$:\1:' > "info/$name.list"
    dpkg-deb --control "$package" /tmp/control
    # Name and state, then the checksums of configuration files, then the rest of what the package says of itself.
    { sed -n '/^Package:/p' /tmp/control/control
      echo 'Status: install ok installed'
      if [ -e /tmp/control/conffiles ]; then
          echo Conffiles:
          sed -n 's:^/:/:p' /tmp/control/conffiles | while read -r path; do
              echo " $path $(md5sum "$TREE$path" | cut -d' ' -f1)"
          done
      fi
      sed '/^Package:/d' /tmp/control/control
      echo; } >> status.new
    rm /tmp/control/control
    for file in /tmp/control/*; do
        [ ! -e "$file" ] || cp -p "$file" "info/$name.${file##*/}"
    done
    rm -r /tmp/control
done
mv status.new status

cd "$TREE"
find usr/share/doc -type f ! -name copyright -delete
find usr/share/doc -type d -empty -delete
rm -rf usr/share/man/* usr/share/locale/* usr/share/info/* usr/share/lintian
find . -name '*.pyc' -path '*/__pycache__/*' | while read -r path; do
    name=${path##*/}
    [ -e "${path%/__pycache__/*}/${name%%.*}.py" ] || rm "$path"
done

# What was left behind, what does not fit together, and what is missing, would only be found when the image runs.
left=$(find . -type f -print0 | perl -0 -ne '
    chomp;
    open(my $file, "<", $_) or die "$_: $!\n";
    read($file, my $head, 20);
    print "$_\n" if substr($head, 0, 4) eq "\x7fELF" and unpack("v", substr($head, 18, 2)) != '"$machine")
[ -z "$left" ] || { echo "not of $ARCHITECTURE: $left"; exit 1; }
$apt -o Dir::State::status="$TREE/var/lib/dpkg/status" check
