# Install the Debian packages of $PACKAGES.
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends $PACKAGES
rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/ldconfig/aux-cache /var/cache/debconf/*-old /var/lib/dpkg/*-old
mkdir -p /var/log/apt /var/lib/apt/lists/partial
