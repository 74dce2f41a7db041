"""Calls on the address space."""

__all__ = ["MEMORY"]

MEMORY = """
memory brk(addr) = res:hex
memory mmap(addr, length, prot:prot, flags:mmap, fd, offset) = res:hex
memory mmap2(addr, length, prot:prot, flags:mmap, fd, pgoffset:uint) = res:hex
memory munmap(addr, length)
memory mprotect(addr, length, prot:prot)
memory mremap(addr, old_length:size, new_length:size, flags:mremap, new_addr:hex) = res:hex
memory msync(addr, length, flags:msync)
memory mincore(addr, length, -)
memory madvise(addr, length, advice:madvise)
memory process_madvise(pidfd:fd, vec:hex, vlen:size, advice:madvise, flags:uint)
memory mlock(addr, len)
memory mlock2(addr, len, flags:mlock2)
memory munlock(addr, len)
memory mlockall(flags:mlockall)
memory munlockall()
memory mseal(addr, length, flags:hex)
memory remap_file_pages(addr, size, prot:prot, pgoff:uint, flags:mmap)
memory memfd_create(name:string, flags:memfd) = fd
memory memfd_secret(flags:hex) = fd
memory pkey_mprotect(addr, length, prot:prot, pkey:int)
memory pkey_alloc(flags:hex, rights:hex)
memory pkey_free(pkey:int)
memory map_shadow_stack(addr, size, flags:hex)
memory mbind(addr, length, mode:mempolicy, nodemask:hex, maxnode:uint, flags:hex)
memory set_mempolicy(mode:mempolicy, nodemask:hex, maxnode:uint)
memory get_mempolicy(mode:hex, nodemask:hex, maxnode:uint, addr, flags:hex)
memory set_mempolicy_home_node(addr, length, node:uint, flags:hex)
memory migrate_pages(pid, maxnode:uint, from:hex, to:hex)
memory move_pages(pid, count:uint, pages:hex, nodes:hex, status:hex, flags:hex)
memory process_mrelease(pidfd:fd, flags:hex)
ipc process_vm_readv(pid, local:hex, liovcnt:uint, remote:hex, riovcnt:uint, flags:hex)
ipc process_vm_writev(pid, local:hex, liovcnt:uint, remote:hex, riovcnt:uint, flags:hex)
ipc shmget(key:hex, size, shmflg:ipc)
ipc shmat(shmid:int, addr, shmflg:shmat) = res:hex
ipc shmdt(addr)
ipc shmctl(shmid:int, cmd:ipcctl, buf:hex)
"""
