#include "calls.h"
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <sys/epoll.h>

static void polled(void)
{
	struct epoll_event wanted = {.events = EPOLLIN | EPOLLET, .data.u64 = 0x1122334455667788}, got[4];
	struct { int64_t sec, nsec; } soon = {0, 1000};
	uint64_t mask = 2;
	int ends[2];
	long fd = C(epoll_create, 5);

	C(epoll_create, 0);
	C(epoll_create1, EPOLL_CLOEXEC);
	C(epoll_create1, 3);
	C(pipe, ends);
	C(epoll_ctl, fd, EPOLL_CTL_ADD, ends[0], &wanted);
	C(epoll_ctl, fd, EPOLL_CTL_ADD, ends[0], NOWHERE);
	C(epoll_ctl, fd, EPOLL_CTL_MOD, ends[0], &wanted);
	C(epoll_ctl, fd, 7, 99, &wanted);
	C(epoll_wait, fd, got, 4, 0);
	C(write, ends[1], "x", 1);
	C(epoll_wait, fd, got, 4, 0);
	C(epoll_wait, fd, got, -1, 0);
	C(epoll_pwait, fd, got, 4, 0, &mask, 8);
	C(epoll_pwait2, fd, got, 4, &soon, NULL, 0);
	C(epoll_pwait2, 99, got, 4, &soon, &mask, 8);
	C(epoll_ctl, fd, EPOLL_CTL_DEL, ends[0], NULL);
	C(close_range, 3, ~0U, 0);
}

static void counted(void)
{
	uint64_t two = 2, mask = 0x2200;
	struct spans spans = {{0, 0}, {0, 1000000}}, was;
	long fd = C(eventfd, 7), signals, timer;

	C(eventfd2, 0, 04000 | O_CLOEXEC | 1);
	C(eventfd2, 0, 0x10);
	C(write, fd, &two, 8);
	C(read, fd, out, 8);
	signals = C(signalfd, -1, &mask, 8);
	C(signalfd4, signals, &mask, 8, 0);
	C(signalfd4, -1, &mask, 8, 04000 | O_CLOEXEC);
	C(signalfd4, -1, NOWHERE, 8, 0);
	timer = C(timerfd_create, 1, O_CLOEXEC);
	C(timerfd_create, 77, 0x10);
	C(timerfd_settime, timer, 0, &spans, &was);
	C(read, timer, out, 8);
	C(timerfd_gettime, timer, &was);
	C(timerfd_settime, timer, 1, NOWHERE, NULL);
	C(close_range, 3, ~0U, 0);
}

static void asynchronous(void)
{
	long context = 0, zero = 0, fd = C(open, "plain", O_RDWR | O_CREAT | O_TRUNC, 0644);
	struct span none = {0, 0};
	struct iocb write = {.aio_data = 0x55, .aio_lio_opcode = IOCB_CMD_PWRITE, .aio_fildes = fd,
		.aio_buf = (uintptr_t)"asynchronous", .aio_nbytes = 12, .aio_offset = 1};
	struct iocb broken = {.aio_lio_opcode = 77, .aio_fildes = 99};
	struct iocb *requests[3] = {&write, &broken, NOWHERE};
	struct io_event *done = (void *)out;

	C(io_setup, 4, &context);
	C(io_setup, 4, &context);
	C(io_setup, 0, &zero);
	C(io_submit, context, 1, requests);
	C(io_submit, context, 2, requests + 1);
	C(io_submit, context, 0, NULL);
	C(io_getevents, context, 1, 3, done, NULL);
	C(io_getevents, context, 0, 3, done, &none);
	C(io_pgetevents, context, 0, 3, done, &none, NULL);
	C(io_cancel, context, &write, done);
	C(io_destroy, context);
	C(io_destroy, 77);
	C(close, fd);
}

static void rings(void)
{
	struct io_uring_params wanted = {.flags = IORING_SETUP_CQSIZE, .cq_entries = 8};
	struct iovec buffers[2] = {{out, 4096}, {out + 8192, 4096}};
	int fds[2] = {0, -1};
	long fd = C(io_uring_setup, 4, &wanted);

	C(io_uring_setup, 0, &wanted);
	C(io_uring_setup, 4, NOWHERE);
	C(io_uring_enter, fd, 0, 0, IORING_ENTER_GETEVENTS, NULL, 0);
	C(io_uring_enter, 99, 1, 2, 0xffff, NULL, 8);
	C(io_uring_register, fd, IORING_REGISTER_BUFFERS, buffers, 2);
	C(io_uring_register, fd, IORING_UNREGISTER_BUFFERS, NULL, 0);
	C(io_uring_register, fd, IORING_REGISTER_FILES, fds, 2);
	C(io_uring_register, fd, 0xff, NULL, 0);
	C(close, fd);
}

static void faults(void)
{
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register range = {.range = {0, 4096}, .mode = UFFDIO_REGISTER_MODE_MISSING};
	long fd = C(userfaultfd, O_CLOEXEC | O_NONBLOCK);

	C(userfaultfd, 0x4000);
	C(ioctl, fd, UFFDIO_API, &api);
	C(ioctl, fd, UFFDIO_REGISTER, &range);
	C(close, fd);
}

static void measured(void)
{
	struct perf_event_attr attributes = {.type = PERF_TYPE_SOFTWARE, .size = sizeof(attributes),
		.config = PERF_COUNT_SW_PAGE_FAULTS, .sample_period = 7, .disabled = 1, .exclude_kernel = 1};
	long fd = C(perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	C(ioctl, fd, PERF_EVENT_IOC_ENABLE, 0);
	C(ioctl, fd, PERF_EVENT_IOC_ID, out);
	C(ioctl, fd, PERF_EVENT_IOC_DISABLE, 0);
	C(perf_event_open, NOWHERE, 0, -1, -1, 0x80);
	attributes.size = 8;
	C(perf_event_open, &attributes, -1, -1, 99, 0);
	C(close, fd);
}

void events(void)
{
	polled();
	counted();
	asynchronous();
	child(rings); /* what is left to do at its end does not disturb the other calls */
	faults();
	measured();
}
