"""Operations as strace prints them: lines, objects and the summary."""
