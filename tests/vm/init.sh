#!/busybox sh
# First program of the virtual machine: mounts the host's root, read-only below an overlay in memory, and goes there.
b=/busybox
fail() {
	$b echo "init: $*"
	$b poweroff -f
}
$b mkdir -p /proc /sys /dev /lower /rw
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
while read -r module; do
	$b insmod "/modules/$module" || fail "module $module"
done </modules/order
$b mount -t 9p -o ro,trans=virtio,version=9p2000.L,cache=loose,msize=512000 root /lower || fail "no root over 9p"
$b mount -t tmpfs -o size=75%,mode=755 rw /rw
$b mkdir /rw/upper /rw/work /rw/root
$b mount -t overlay -o lowerdir=/lower,upperdir=/rw/upper,workdir=/rw/work root /rw/root || fail "no overlay"
for each in proc sys dev; do
	$b mount -o move "/$each" "/rw/root/$each"
done
$b mkdir -p /rw/root/.vm
$b cp /busybox /stage2.sh /command /environment /rw/root/.vm/
exec $b switch_root /rw/root /.vm/busybox sh /.vm/stage2.sh
