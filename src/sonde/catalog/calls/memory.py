"""Calls on the address space."""

__all__ = ["MEMORY"]

MEMORY = """
memory brk(addr) = res:hex
memory mmap(addr, length, prot:prot, flags:mmap, fd, offset~hex) = res:hex
memory mmap2(addr, length, prot:prot, flags:mmap, fd, pgoffset:uint~word/pages) = res:hex
memory munmap(addr, length)
memory mprotect(addr, length, prot:prot)
memory mremap(addr, old_length:size, new_length:size, flags:mremap, new_addr:hex~pointer) = res:hex
memory msync(addr, length, flags:msync)
memory mincore(addr, length, -vec:>mincore[1])
memory madvise(addr, length, advice:madvise)
memory process_madvise(pidfd:fd, vec:*iovec_addr[2], vlen:size, advice:madvise, flags:uint~hex)
memory mlock(addr, len)
memory mlock2(addr, len, flags:mlock2)
memory munlock(addr, len)
memory mlockall(flags:mlockall)
memory munlockall()
memory mseal(addr, length, flags:hex)
memory remap_file_pages(addr, size, prot:prot, pgoff:uint, flags:mmap)
memory memfd_create(name:string, flags:memfd) = fd
memory memfd_secret(flags:hex~word/memfd_secret_flags) = fd
memory pkey_mprotect(addr, length, prot:prot, pkey:int)
memory pkey_alloc(flags:hex, rights:hex~pkey_access)
memory pkey_free(pkey:int)
memory map_shadow_stack(addr, size, flags:hex)
memory mbind(addr, length, mode:mempolicy, nodemask:*nodemask[4], maxnode:uint, flags:hex~mbind_flags)
memory set_mempolicy(mode:mempolicy, nodemask:*nodemask[2], maxnode:uint)
memory get_mempolicy(mode:>mpol_mode, nodemask:>nodemask[2], maxnode:uint, addr, flags:hex~get_mempolicy_flags)
memory set_mempolicy_home_node(addr, length, node:uint, flags:hex)
memory migrate_pages(pid, maxnode:uint, from:*nodemask[1], to:*nodemask[1])
memory move_pages(pid, count:uint, pages:*ptr[1], nodes:*int[1], status:>move_status[1], flags:hex~move_pages_flags)
memory process_mrelease(pidfd:fd, flags:hex)
ipc process_vm_readv(pid, local:hex~>iovec[2], liovcnt:uint, remote:*iovec_addr[4], riovcnt:uint, flags:hex~size)
ipc process_vm_writev(pid, local:hex~iovec[2], liovcnt:uint, remote:*iovec_addr[4], riovcnt:uint, flags:hex~size)
ipc shmget(key:hex~word/ipc_key, size, shmflg:ipc~word/shmget)
ipc shmat(shmid:int, addr, shmflg:shmat~shm_flags) = res:hex
ipc shmdt(addr)
ipc shmctl(shmid:int, cmd:ipcctl~word/shmctl, buf:hex~variant)
"""
