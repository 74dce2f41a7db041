# Second program of the virtual machine, in the host's tree: what a system has mounted, then the command.
# Ports: 1 carries what the command prints, 2 its status.
b=/.vm/busybox
. /.vm/environment
$b mkdir -p /dev/pts /dev/shm
$b mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
$b mount -t tmpfs shm /dev/shm
$b mount -t tmpfs -o mode=755 run /run
$b mount -t cgroup2 cgroup2 /sys/fs/cgroup
$b mount -t tracefs tracefs /sys/kernel/tracing
$b mount -t securityfs securityfs /sys/kernel/security
$b mount -t bpf bpf /sys/fs/bpf
release=$($b uname -r)
$b mkdir -p /run/lock /run/tmp "/lib/modules/$release"
$b mount -o bind "$MODULES" "/lib/modules/$release"
$b ip link set lo up
$b hostname "$NAME"
export TMPDIR=/run/tmp
cd "$DIRECTORY"
/bin/sh /.vm/command </dev/null >/dev/vport0p1 2>&1
echo "status $?" >/dev/vport0p2
$b sync
$b poweroff -f
