"""The .scap format of sysdig as data: blocks, event types with their parameters, names of flags and of calls.

Facts are those of falcosecurity/libs (driver/event_table.c, driver/flags_table.c, driver/ppm_events_public.h,
userspace/libscap) and of `sysdig -L` 0.29.3 and 0.41.4.
"""
