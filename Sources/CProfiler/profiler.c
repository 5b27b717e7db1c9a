#define _GNU_SOURCE
#include "strongroom_profiler.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

struct sample {
    _Atomic uint32_t depth; // 0 until it is complete
    uintptr_t frames[STRONGROOM_PROFILE_DEPTH];
};

static atomic_flag busy = ATOMIC_FLAG_INIT;
static struct sample *samples;
static uint32_t capacity;
static _Atomic uint32_t next_sample;
static _Atomic int is_sampling;
static _Atomic uint32_t handlers;
static pid_t process;

// The saved frame pointer and return address at `frame`: by the kernel, which says no where a stray pointer would trap.
static int read_frame(uintptr_t frame, uintptr_t pair[2]) {
    struct iovec here = {pair, 2 * sizeof(uintptr_t)};
    struct iovec there = {(void *)frame, 2 * sizeof(uintptr_t)};
    return process_vm_readv(process, &here, 1, &there, 1, 0) == (ssize_t)(2 * sizeof(uintptr_t));
}

static void take_sample(int signal, siginfo_t *info, void *raw) {
    (void)signal;
    (void)info;
    int saved = errno;
    atomic_fetch_add(&handlers, 1);
    if (atomic_load(&is_sampling)) {
        uint32_t index = atomic_fetch_add(&next_sample, 1);
        if (index < capacity) {
            const ucontext_t *context = raw;
#if defined(__x86_64__)
            uintptr_t at = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
            uintptr_t frame = (uintptr_t)context->uc_mcontext.gregs[REG_RBP];
#elif defined(__aarch64__)
            uintptr_t at = (uintptr_t)context->uc_mcontext.pc;
            uintptr_t frame = (uintptr_t)context->uc_mcontext.regs[29];
#else
            uintptr_t at = 0, frame = 0;
#endif
            struct sample *kept = &samples[index];
            uint32_t depth = 0;
            kept->frames[depth++] = at;
            uintptr_t pair[2];
            while (depth < STRONGROOM_PROFILE_DEPTH && frame != 0 && frame % sizeof(uintptr_t) == 0
                   && read_frame(frame, pair) && pair[1] != 0) {
                kept->frames[depth++] = pair[1];
                // Frames lie higher and higher on one stack.
                if (pair[0] <= frame) break;
                frame = pair[0];
            }
            atomic_store(&kept->depth, depth);
        }
    }
    atomic_fetch_sub(&handlers, 1);
    errno = saved;
}

int strongroom_profile_start(uint32_t hertz, uint32_t wanted) {
    if (hertz < 1 || hertz > 1000 || wanted < 1) return EINVAL;
    if (atomic_flag_test_and_set(&busy)) return EBUSY;
    samples = calloc(wanted, sizeof(struct sample));
    if (samples == NULL) {
        atomic_flag_clear(&busy);
        return ENOMEM;
    }
    capacity = wanted;
    process = getpid();
    atomic_store(&next_sample, 0);
    atomic_store(&is_sampling, 1);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = take_sample;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigfillset(&action.sa_mask);
    suseconds_t interval = 1000000 / hertz;
    struct itimerval timer = {{interval / 1000000, interval % 1000000}, {interval / 1000000, interval % 1000000}};
    if (sigaction(SIGPROF, &action, NULL) != 0 || setitimer(ITIMER_PROF, &timer, NULL) != 0) {
        int error = errno;
        atomic_store(&is_sampling, 0);
        strongroom_profile_finish();
        return error;
    }
    return 0;
}

uint32_t strongroom_profile_stop(uint32_t *dropped) {
    struct itimerval off = {{0, 0}, {0, 0}};
    setitimer(ITIMER_PROF, &off, NULL);
    atomic_store(&is_sampling, 0);
    // A signal that is on its way still finds the handler, which does nothing any more.
    while (atomic_load(&handlers) != 0) usleep(1000);
    uint32_t taken = atomic_load(&next_sample);
    uint32_t kept = taken < capacity ? taken : capacity;
    if (dropped != NULL) *dropped = taken - kept;
    return kept;
}

uint32_t strongroom_profile_sample(uint32_t index, uintptr_t *frames) {
    if (index >= capacity) return 0;
    uint32_t depth = atomic_load(&samples[index].depth);
    memcpy(frames, samples[index].frames, depth * sizeof(uintptr_t));
    return depth;
}

void strongroom_profile_finish(void) {
    free(samples);
    samples = NULL;
    capacity = 0;
    atomic_flag_clear(&busy);
}

// Of the Swift runtime; there whenever Swift is.
extern char *swift_demangle(const char *name, size_t length, char *output, size_t *size, uint32_t flags) __attribute__((weak));

void strongroom_profile_name(uintptr_t address, char *name, size_t size) {
    Dl_info info;
    if (size == 0) return;
    if (dladdr((void *)address, &info) == 0 || info.dli_fname == NULL) {
        snprintf(name, size, "unknown");
        return;
    }
    if (info.dli_sname != NULL) {
        if (swift_demangle != NULL) {
            char *plain = swift_demangle(info.dli_sname, strlen(info.dli_sname), NULL, NULL, 0);
            if (plain != NULL) {
                snprintf(name, size, "%s", plain);
                free(plain);
                return;
            }
        }
        snprintf(name, size, "%s", info.dli_sname);
        return;
    }
    const char *file = strrchr(info.dli_fname, '/');
    snprintf(name, size, "%s+0x%zx", file == NULL ? info.dli_fname : file + 1, (size_t)(address - (uintptr_t)info.dli_fbase));
}
