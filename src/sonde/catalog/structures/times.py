"""Structures of times and timers."""

__all__ = ["TIMES"]

TIMES = """
time
 . time time
timespec
 tv_sec long
 tv_nsec long
timespec64
 tv_sec i64
 tv_nsec i64
timeval
 tv_sec long
 tv_usec long
timespec_pair
 . timespec[2]
timespec64_pair
 . timespec64[2]
timeval_pair
 . timeval[2]
itimerspec
 it_interval timespec
 it_value timespec
itimerspec64
 it_interval timespec64
 it_value timespec64
itimerval
 it_interval timeval
 it_value timeval
utimbuf
 actime long time
 modtime long time
timezone
 tz_minuteswest int
 tz_dsttime int
tms
 tms_utime long ticks
 tms_stime long ticks
 tms_cutime long ticks
 tms_cstime long ticks
timex
 modes u32 adjtimex_modes
 offset long
 freq long
 maxerror long
 esterror long
 status int adjtimex_status
 constant long
 precision long
 tolerance long
 time timeval
 tick long
 ppsfreq long
 jitter long
 shift int
 stabil long
 jitcnt long
 calcnt long
 errcnt long
 stbcnt long
 tai int
 - int[11]
timeval64
 tv_sec i64
 tv_usec i64
timex64
 modes u32 adjtimex_modes
 - u32
 offset i64
 freq i64
 maxerror i64
 esterror i64
 status int adjtimex_status
 - u32
 constant i64
 precision i64
 tolerance i64
 time timeval64
 tick i64
 ppsfreq i64
 jitter i64
 shift int
 - u32
 stabil i64
 jitcnt i64
 calcnt i64
 errcnt i64
 stbcnt i64
 tai int
 - int[11]
rusage
 ru_utime timeval
 ru_stime timeval
 ru_maxrss long v
 ru_ixrss long v
 ru_idrss long v
 ru_isrss long v
 ru_minflt long v
 ru_majflt long v
 ru_nswap long v
 ru_inblock long v
 ru_oublock long v
 ru_msgsnd long v
 ru_msgrcv long v
 ru_nsignals long v
 ru_nvcsw long v
 ru_nivcsw long v
sigevent
 sigev_value ulong
 sigev_signo int
 sigev_notify int sigev_value
 sigev_function ptr
 sigev_attributes ptr
 - u32[8]
sigevent.i386
 sigev_value ulong
 sigev_signo int
 sigev_notify int sigev_value
 sigev_function ptr
 sigev_attributes ptr
 - u32[11]
"""
