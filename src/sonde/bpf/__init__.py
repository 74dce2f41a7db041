"""How the kernel answers: the C that is compiled into the BPF library, and what the compiler made of it."""
