#define _GNU_SOURCE
#include "harness.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { PAGE = 4096, PAGES = 4, SLACK = 64, MARK = 0xa5, MOST_CODECS = 8, MOST_REPORTS = 10 };

struct named_codec {
    const char *name;
    const struct strongroom_codec *codec;
};

static struct named_codec codecs[MOST_CODECS];
static int codec_count;
static uint64_t cases, mismatches;

static void add(const char *name, const struct strongroom_codec *codec) {
    codecs[codec_count++] = (struct named_codec){name, codec};
}

// Pages between two that may not be touched: even instructions that the sanitizer does not know cannot stray.
struct arena {
    uint8_t *start, *end;
};

static struct arena inputs, outputs;

static struct arena make_arena(void) {
    uint8_t *all = mmap(NULL, (PAGES + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED || mprotect(all + PAGE, PAGES * PAGE, PROT_READ | PROT_WRITE)) abort();
    return (struct arena){all + PAGE, all + PAGE + PAGES * PAGE};
}

void harness_start(void) {
    inputs = make_arena();
    outputs = make_arena();
    add("scalar", &strongroom_codec_scalar);
#if defined(__x86_64__)
    if (strongroom_simd_best() >= STRONGROOM_SIMD_AVX2) add("avx2", &strongroom_codec_avx2);
    if (strongroom_simd_best() >= STRONGROOM_SIMD_AVX512VBMI) add("avx512vbmi", &strongroom_codec_avx512vbmi);
    add("avx2 emulated", &strongroom_codec_avx2_emulated);
    add("avx512vbmi emulated", &strongroom_codec_avx512vbmi_emulated);
    add("neon emulated", &strongroom_codec_neon_emulated);
#elif defined(__aarch64__)
    add("neon", &strongroom_codec_neon);
#endif
}

static void report(const char *what, const char *name, const uint8_t *src, size_t n, int64_t got, int64_t wanted) {
    if (mismatches++ >= MOST_REPORTS) return;
    fprintf(stderr, "check-simd: %s, %s: %" PRId64 " instead of %" PRId64 ", n = %zu:", what, name, got, wanted, n);
    for (size_t i = 0; i < n; i++) fprintf(stderr, " %02x", src[i]);
    fputc('\n', stderr);
}

// `n` bytes up against the upper guard page, or from the lower one on; by turns.
static uint8_t *room(struct arena arena, size_t n, bool high) {
    if (n > PAGES * PAGE) abort();
    return high ? arena.end - n : arena.start;
}

static const uint8_t *place_input(const uint8_t *src, size_t n, bool high) {
    uint8_t *at = room(inputs, n, high);
    memcpy(at, src, n);
    return at;
}

// An output of just the size that the header asks for, with marks before it that must stay and marks in it, lest
// bytes that a kernel leaves out be there from the kernel before.
static uint8_t *place_output(size_t n, bool high) {
    uint8_t *at = room(outputs, n, high);
    if (high) memset(at - SLACK, MARK, SLACK);
    memset(at, MARK, n);
    return at;
}

static bool marks_stay(const uint8_t *output) {
    if (output == outputs.start) return true;
    for (int i = 1; i <= SLACK; i++) {
        if (output[-i] != MARK) return false;
    }
    return true;
}

void check_encode(const uint8_t *src, size_t n) {
    static uint8_t wanted[2 * LONGEST_TEXT];
    size_t length = reference_encode(src, n, wanted);
    for (int i = 0; i < codec_count && n > 0; i++, cases++) {
        bool high = cases % 4 != 0;
        const uint8_t *input = place_input(src, n, high);
        uint8_t *output = place_output(length + 64, high);
        size_t got = codecs[i].codec->encode(input, n, output);
        if (got != length || memcmp(output, wanted, length) != 0 || !marks_stay(output)) {
            report("encode", codecs[i].name, src, n, (int64_t)got, (int64_t)length);
        }
    }
}

static int64_t decode_with(const struct strongroom_codec *codec, const uint8_t *src, size_t n, uint8_t *dst) {
    return strongroom_base64_decode_rest(codec->decode_blocks, src, n, codec->decode_blocks(src, n, dst), dst);
}

void check_decode(const uint8_t *src, size_t n) {
    static uint8_t wanted[LONGEST_TEXT];
    int64_t length = reference_decode(src, n, wanted);
    for (int i = 0; i < codec_count && n > 0; i++, cases++) {
        bool high = cases % 4 != 0;
        const uint8_t *input = place_input(src, n, high);
        uint8_t *output = place_output(n / 4 * 3 + 3 + 64, high);
        int64_t got = decode_with(codecs[i].codec, input, n, output);
        bool same = got == length && (length <= 0 || memcmp(output, wanted, (size_t)length) == 0);
        if (!same || !marks_stay(output)) report("decode", codecs[i].name, src, n, got, length);
    }
}

void check_fast_road(const uint8_t *text, size_t n) {
    size_t whole = (n - 1) / 4 * 4;
    for (int i = 0; i < codec_count && n > 0; i++, cases++) {
        uint8_t *output = place_output(n / 4 * 3 + 3 + 64, true);
        size_t got = codecs[i].codec->decode_blocks(place_input(text, n, true), n, output);
        // NEON takes sixteen symbols at least.
        bool too_short = whole < 16 && codecs[i].codec->level == STRONGROOM_SIMD_NEON;
        if (got != (too_short ? 0 : whole)) report("fast road", codecs[i].name, text, n, (int64_t)got, (int64_t)whole);
    }
}

void check_decode_is(const char *text, int64_t expected) {
    uint8_t scratch[256];
    const uint8_t *src = (const uint8_t *)text;
    size_t n = strlen(text);
    int64_t got = reference_decode(src, n, scratch);
    if (got != expected) report("reference", "decode", src, n, got, expected);
    check_decode(src, n);
}

void check_runs(const uint8_t *src, size_t n) {
    for (int plain = 0; plain < 2; plain++) {
        size_t wanted = reference_run(src, n, plain);
        for (int i = 0; i < codec_count && n > 0; i++, cases++) {
            const uint8_t *input = place_input(src, n, cases % 4 != 0);
            const struct strongroom_codec *codec = codecs[i].codec;
            size_t got = plain ? codec->plain_run(input, n) : codec->string_run(input, n);
            if (got != wanted) {
                report(plain ? "plain run" : "string run", codecs[i].name, src, n, (int64_t)got, (int64_t)wanted);
            }
        }
    }
}

void check_that(bool holds, const char *statement) {
    cases++;
    if (holds) return;
    mismatches++;
    fprintf(stderr, "check-simd: not so: %s\n", statement);
}

uint32_t next_random(void) {
    static uint64_t state = 0x5eed;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

void fill_random(uint8_t *dst, size_t n) {
    for (size_t i = 0; i < n; i++) dst[i] = (uint8_t)(next_random() >> 8);
}

int harness_finish(void) {
    printf("check-simd: %" PRIu64 " cases, %" PRIu64 " mismatches\n", cases, mismatches);
    return mismatches == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
