#include "calls.h"

/* What a program without a library needs: its start, the calls themselves, and the way back from a signal. */

char out[65536] __attribute__((aligned(4096)));

int run(int count, char **words);
void restore(void), restore_old(void); /* what a signal handler returns to */

void begin(long *stack)
{
	C(exit_group, run((int)stack[0], (char **)(stack + 1)));
}

#ifdef __i386__

__asm__(".globl _start; _start: mov %esp, %eax; and $-16, %esp; sub $12, %esp; push %eax; call begin; hlt");
__asm__(".globl restore; restore: mov $173, %eax; int $0x80");
__asm__(".globl restore_old; restore_old: pop %eax; mov $119, %eax; int $0x80");
/* six words: number, then ebx ecx edx esi edi ebp; ebp and ebx are saved by hand */
__asm__(".globl enter; enter: push %ebx; push %esi; push %edi; push %ebp; mov 20(%esp), %eax; mov 24(%esp), %ebp;"
	"mov 0(%ebp), %ebx; mov 4(%ebp), %ecx; mov 8(%ebp), %edx; mov 12(%ebp), %esi; mov 16(%ebp), %edi;"
	"mov 20(%ebp), %ebp; int $0x80; pop %ebp; pop %edi; pop %esi; pop %ebx; ret");

long vforked(void)
{
	long pid;

	__asm__ volatile("int $0x80; test %%eax, %%eax; jnz 1f; mov $1, %%eax; mov $7, %%ebx; int $0x80; 1:"
			 : "=a"(pid) : "a"(__NR_vfork) : "ebx", "memory");
	return pid;
}

long cloned(long flags, void *stack, int *tid, int status)
{
	long pid;

	__asm__ volatile("xor %%esi, %%esi; int $0x80; test %%eax, %%eax; jnz 1f; mov $224, %%eax; int $0x80;"
			 "mov $1, %%eax; mov %%edi, %%ebx; int $0x80; 1:"
			 : "=a"(pid) : "a"(__NR_clone), "b"(flags), "c"(stack), "d"(tid), "D"(status) : "esi", "memory");
	return pid;
}

#else

__asm__(".globl _start; _start: mov %rsp, %rdi; and $-16, %rsp; call begin; hlt");
__asm__(".globl restore; restore: mov $15, %eax; syscall");
__asm__(".globl enter; enter: mov %rdi, %rax; mov %rsi, %r11; mov 0(%r11), %rdi; mov 8(%r11), %rsi; mov 16(%r11), %rdx;"
	"mov 24(%r11), %r10; mov 32(%r11), %r8; mov 40(%r11), %r9; syscall; ret");

long vforked(void)
{
	long pid;

	__asm__ volatile("syscall; test %%rax, %%rax; jnz 1f; mov $60, %%eax; mov $7, %%edi; syscall; 1:"
			 : "=a"(pid) : "a"(__NR_vfork) : "rcx", "r11", "rdi", "memory");
	return pid;
}

long cloned(long flags, void *stack, int *tid, int status)
{
	register long r10 __asm__("r10") = 0, r8 __asm__("r8") = 0, r9 __asm__("r9") = status;
	long pid;

	__asm__ volatile("syscall; test %%rax, %%rax; jnz 1f; mov $186, %%eax; syscall; mov $60, %%eax; mov %%r9, %%rdi;"
			 "syscall; 1:"
			 : "=a"(pid), "+D"(flags)
			 : "a"(__NR_clone), "S"(stack), "d"(tid), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return pid;
}

#endif

long enter(long number, const long *words);

long call(long number, struct words words)
{
	long result = enter(number, words.of);

	return result < 0 && result > -4096 ? -1 : result;
}

void child(void (*what)(void))
{
	int status;
	long pid = C(fork);

	if (!pid) {
		what();
		C(exit_group, 3);
	}
	C(wait4, pid, &status, 0, NULL);
}

void handle(int number, void *handler, unsigned long flags)
{
#ifdef __i386__
	struct kernel_action action = {handler, flags | 0x4000000, flags & SA_SIGINFO ? restore : restore_old, 0};
#else
	struct kernel_action action = {handler, flags | 0x4000000, restore, 0};
#endif

	C(rt_sigaction, number, &action, NULL, 8);
}

int same(const char *one, const char *other)
{
	while (*one && *one == *other)
		one++, other++;
	return *one == *other;
}

void *memset(void *at, int byte, size_t size)
{
	for (volatile char *to = at; size--;)
		*to++ = (char)byte;
	return at;
}

void *memcpy(void *restrict at, const void *restrict from, size_t size)
{
	volatile char *to = at;

	for (const char *of = from; size--;)
		*to++ = *of++;
	return at;
}

char *strcpy(char *restrict at, const char *restrict from)
{
	memcpy(at, from, __builtin_strlen(from) + 1);
	return at;
}

size_t strlen(const char *text)
{
	const volatile char *end = text;

	while (*end)
		end++;
	return (size_t)((const char *)end - text);
}
