package child

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// scene is what an attempt finds around it.
type scene struct {
	dir    string // the one folder
	parent int    // the test
}

// What may become of an attempt.
const (
	ended   = "ended"   // the kernel ended the process
	refused = "refused" // the call failed
	worked  = "worked"
)

// attempt is one thing that a child must not do, or may.
type attempt struct {
	do       func(s scene) error
	running  string // what becomes of it in a child that runs plugins
	compile  string // and in one that compiles; empty where it is the same
	landlock bool   // Landlock alone sees to it
}

// call makes a system call as it is, past everything that Go's packages do
// before and after.
func call(number uintptr, arguments ...uintptr) error {
	var a [6]uintptr
	copy(a[:], arguments)
	if _, _, errno := unix.RawSyscall6(number, a[0], a[1], a[2], a[3], a[4], a[5]); errno != 0 {
		return errno
	}
	return nil
}

func raw(number uintptr, arguments ...uintptr) func(scene) error {
	return func(scene) error { return call(number, arguments...) }
}

func ofParent(number uintptr, rest ...uintptr) func(scene) error {
	return func(s scene) error { return call(number, append([]uintptr{uintptr(s.parent)}, rest...)...) }
}

func socket(domain, kind int) func(scene) error {
	return raw(unix.SYS_SOCKET, uintptr(domain), uintptr(kind), 0)
}

func dial(network, address string) func(scene) error {
	return func(scene) error { _, err := net.Dial(network, address); return err }
}

func read(path ...string) func(scene) error {
	return func(s scene) error {
		parts := append([]string{}, path...)
		for i := range parts {
			if parts[i] == "PARENT" {
				parts[i] = strconv.Itoa(s.parent)
			}
		}
		_, err := os.ReadFile(filepath.Join(parts...))
		return err
	}
}

func inFolder(do func(dir string) error) func(scene) error {
	return func(s scene) error { return do(s.dir) }
}

func opened(flags int) func(scene) error {
	return inFolder(func(dir string) error {
		_, err := unix.Open(filepath.Join(dir, "code"), flags, 0o600)
		return err
	})
}

func protected(protection int) func(scene) error {
	return func(scene) error {
		b, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
		if err != nil {
			return fmt.Errorf("the memory for it: %w", err)
		}
		return unix.Mprotect(b, protection)
	}
}

// attempts are by name what a process may try that has broken out of the engine.
var attempts = map[string]attempt{
	"read its own code":                     {do: inFolder(func(dir string) error { _, err := os.ReadFile(filepath.Join(dir, "code")); return err }), running: worked},
	"list its folder":                       {do: inFolder(func(dir string) error { _, err := os.ReadDir(dir); return err }), running: worked},
	"read /etc/passwd":                      {do: read("/etc/passwd"), running: refused, landlock: true},
	"read the parent's memory as a file":    {do: read("/proc", "PARENT", "mem"), running: refused, landlock: true},
	"read the parent's environment":         {do: read("/proc", "PARENT", "environ"), running: refused, landlock: true},
	"write the parent's memory as a file":   {do: func(s scene) error { return openPath(fmt.Sprintf("/proc/%d/mem", s.parent), unix.O_RDWR) }, running: refused},
	"list the root":                         {do: func(scene) error { _, err := os.ReadDir("/"); return err }, running: refused, landlock: true},
	"write a new file into the cache":       {do: inFolder(func(dir string) error { return os.WriteFile(filepath.Join(dir, "new"), []byte("x"), 0o600) }), running: refused, compile: worked},
	"open code in the cache for writing":    {do: opened(unix.O_WRONLY), running: refused, compile: worked},
	"empty code in the cache by opening it": {do: opened(unix.O_RDONLY | unix.O_TRUNC), running: refused, compile: worked},
	"an unnamed file in the cache":          {do: inFolder(func(dir string) error { return openPath(dir, unix.O_TMPFILE|unix.O_RDWR) }), running: refused, compile: worked},
	"take code out of the cache":            {do: inFolder(func(dir string) error { return unix.Unlink(filepath.Join(dir, "code")) }), running: refused, compile: worked},
	"rename code in the cache":              {do: inFolder(func(dir string) error { return os.Rename(filepath.Join(dir, "code"), filepath.Join(dir, "other")) }), running: refused, compile: worked},
	"a symbolic link in the cache":          {do: inFolder(func(dir string) error { return os.Symlink("/etc", filepath.Join(dir, "link")) }), running: refused},
	"let others write into the cache":       {do: inFolder(func(dir string) error { return os.Chmod(dir, 0o777) }), running: refused},
	"write a file elsewhere":                {do: func(scene) error { return openPath("/tmp/signalbox-attempt", unix.O_CREAT|unix.O_WRONLY) }, running: refused},

	"connect TCP":                  {do: dial("tcp", "127.0.0.1:1"), running: ended},
	"connect UDP":                  {do: dial("udp", "127.0.0.1:53"), running: ended},
	"connect a unix socket":        {do: dial("unix", "/run/dbus/system_bus_socket"), running: ended},
	"connect an abstract socket":   {do: dial("unix", "@signalbox"), running: ended},
	"listen":                       {do: func(scene) error { _, err := net.Listen("tcp", "127.0.0.1:0"); return err }, running: ended},
	"a socket of multipath TCP":    {do: func(scene) error { return call(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_MPTCP) }, running: ended},
	"a netlink socket":             {do: socket(unix.AF_NETLINK, unix.SOCK_RAW), running: ended},
	"a packet socket":              {do: socket(unix.AF_PACKET, unix.SOCK_RAW), running: ended},
	"a socket of the kernel's own": {do: socket(unix.AF_ALG, unix.SOCK_SEQPACKET), running: ended},
	"a socket to the host machine": {do: socket(unix.AF_VSOCK, unix.SOCK_STREAM), running: ended},
	"a pair of sockets":            {do: raw(unix.SYS_SOCKETPAIR, unix.AF_UNIX, unix.SOCK_STREAM, 0, 0), running: ended},
	"bind":                         {do: raw(unix.SYS_BIND, 0, 0, 0), running: ended},
	"receive a descriptor":         {do: raw(unix.SYS_RECVMSG, 0, 0, 0), running: ended},

	"start a program":            {do: func(scene) error { return exec.Command("/bin/true").Run() }, running: refused},
	"become a program":           {do: func(scene) error { return unix.Exec("/bin/true", []string{"true"}, nil) }, running: ended},
	"become a program by handle": {do: raw(unix.SYS_EXECVEAT, 0, 0, 0, 0, unix.AT_EMPTY_PATH), running: ended},
	"fork":                       {do: raw(unix.SYS_CLONE, uintptr(unix.SIGCHLD)), running: ended},
	"fork that shares memory":    {do: raw(unix.SYS_CLONE, unix.CLONE_VM|unix.CLONE_VFORK|uintptr(unix.SIGCHLD)), running: ended},
	"fork by clone3":             {do: raw(unix.SYS_CLONE3, 0, 0), running: refused},
	"a thread in a namespace":    {do: raw(unix.SYS_CLONE, unix.CLONE_VM|unix.CLONE_SIGHAND|unix.CLONE_THREAD|unix.CLONE_NEWUSER), running: ended},
	"a namespace of users":       {do: raw(unix.SYS_UNSHARE, unix.CLONE_NEWUSER), running: ended},
	"enter a namespace":          {do: raw(unix.SYS_SETNS, 0, 0), running: ended},

	"trace the parent":                 {do: func(s scene) error { return call(unix.SYS_PTRACE, unix.PTRACE_ATTACH, uintptr(s.parent)) }, running: ended},
	"be traced":                        {do: raw(unix.SYS_PTRACE, unix.PTRACE_TRACEME), running: ended},
	"read the parent's memory":         {do: ofParent(unix.SYS_PROCESS_VM_READV), running: ended},
	"write the parent's memory":        {do: ofParent(unix.SYS_PROCESS_VM_WRITEV), running: ended},
	"a handle on the parent":           {do: ofParent(unix.SYS_PIDFD_OPEN), running: ended},
	"signal the parent":                {do: ofParent(unix.SYS_KILL, uintptr(unix.SIGCONT)), running: refused},
	"signal a thread of the parent":    {do: func(s scene) error { return unix.Tgkill(s.parent, s.parent, unix.SIGCONT) }, running: refused},
	"signal everybody":                 {do: raw(unix.SYS_KILL, ^uintptr(0), uintptr(unix.SIGCONT)), running: refused},
	"signal by the old call":           {do: ofParent(unix.SYS_TKILL, uintptr(unix.SIGCONT)), running: refused},
	"have a file signal the parent":    {do: func(s scene) error { return call(unix.SYS_FCNTL, 0, unix.F_SETOWN, uintptr(s.parent)) }, running: refused},
	"lower the parent's priority":      {do: func(s scene) error { return unix.Setpriority(unix.PRIO_PROCESS, s.parent, 19) }, running: refused},
	"bind the parent to one processor": {do: func(s scene) error { return unix.SchedSetaffinity(s.parent, &unix.CPUSet{1}) }, running: refused},
	"change the parent's limits":       {do: func(s scene) error { return unix.Prlimit(s.parent, unix.RLIMIT_CORE, &unix.Rlimit{}, nil) }, running: refused},

	"raise the limit of files":       {do: raise(unix.RLIMIT_FSIZE), running: refused},
	"raise the limit of time":        {do: raise(unix.RLIMIT_CPU), running: refused},
	"raise the limit of memory":      {do: raise(unix.RLIMIT_DATA), running: refused},
	"allow core dumps":               {do: raise(unix.RLIMIT_CORE), running: refused},
	"open itself to its user":        {do: func(scene) error { return unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0) }, running: refused},
	"outlive the parent":             {do: func(scene) error { return unix.Prctl(unix.PR_SET_PDEATHSIG, 0, 0, 0, 0) }, running: refused},
	"a filter of its own":            {do: raw(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, 0), running: refused},
	"take back its capabilities":     {do: raw(unix.SYS_CAPSET, 0, 0), running: ended},
	"another user":                   {do: raw(unix.SYS_SETUID, 0), running: ended},
	"memory to write and execute":    {do: protected(unix.PROT_READ | unix.PROT_WRITE | unix.PROT_EXEC), running: refused},
	"memory to execute":              {do: protected(unix.PROT_READ | unix.PROT_EXEC), running: worked},
	"new memory that is executable":  {do: raw(unix.SYS_MMAP, 0, 4096, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_ANON|unix.MAP_PRIVATE, ^uintptr(0), 0), running: refused},
	"a file in memory":               {do: raw(unix.SYS_MEMFD_CREATE, 0, 0), running: ended},
	"mount":                          {do: raw(unix.SYS_MOUNT, 0, 0, 0, 0, 0), running: ended},
	"another root":                   {do: raw(unix.SYS_CHROOT, 0), running: ended},
	"io_uring":                       {do: raw(unix.SYS_IO_URING_SETUP, 1, 0), running: ended},
	"bpf":                            {do: raw(unix.SYS_BPF, 0, 0, 0), running: ended},
	"watch the processor":            {do: raw(unix.SYS_PERF_EVENT_OPEN, 0, 0, 0, 0, 0), running: ended},
	"handle page faults":             {do: raw(unix.SYS_USERFAULTFD, 0), running: ended},
	"the kernel's keys":              {do: raw(unix.SYS_KEYCTL, 0), running: ended},
	"a module of the kernel":         {do: raw(unix.SYS_FINIT_MODULE, 0, 0, 0), running: ended},
	"type into the terminal":         {do: raw(unix.SYS_IOCTL, 0, unix.TIOCSTI, 0), running: refused},
	"a file by its handle":           {do: raw(unix.SYS_OPEN_BY_HANDLE_AT, 0, 0, 0), running: ended},
	"open past the list of flags":    {do: raw(unix.SYS_OPENAT2, 0, 0, 0, 0), running: refused},
	"memory shared by number":        {do: raw(unix.SYS_SHMGET, 1, 4096, 0), running: ended},
	"a call that is not written yet": {do: raw(4000), running: refused},
}

func openPath(path string, flags int) error {
	_, err := unix.Open(path, flags, 0o600)
	return err
}

// raise asks for a limit of twice what the child was given.
func raise(resource int) func(scene) error {
	return func(scene) error {
		most := uint64(1 << 40)
		return call(unix.SYS_PRLIMIT64, 0, uintptr(resource), uintptr(unsafe.Pointer(&syscall.Rlimit{Cur: most, Max: most})), 0)
	}
}
