// Which kernel is in force, and the public functions, which hand over to it.
#include <stdatomic.h>

#include "kernels.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

// The scalar level until the constructor has run, so that whoever calls even earlier is served too.
static _Atomic(const struct strongroom_codec *) chosen = &strongroom_codec_scalar;

#if defined(__x86_64__)
// The register files that the operating system saves (XCR0): 0x06 = XMM and YMM, 0xe0 = the masks and ZMM.
static uint64_t saved_registers(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

// By hand and not by __builtin_cpu_supports, which would tie the product to one compiler runtime's CPU model.
static int best_vector_level(void) {
    uint32_t a, b, c, d;
    const uint32_t osxsave_and_avx = 1u << 27 | 1u << 28;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & osxsave_and_avx) != osxsave_and_avx) return STRONGROOM_SIMD_SCALAR;
    uint64_t saved = saved_registers();
    if ((saved & 0x06) != 0x06) return STRONGROOM_SIMD_SCALAR;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & 1u << 5)) return STRONGROOM_SIMD_SCALAR;
    const uint32_t foundation_and_bytes = 1u << 16 | 1u << 30, vbmi = 1u << 1;
    bool has_vbmi = (b & foundation_and_bytes) == foundation_and_bytes && (c & vbmi);
    return has_vbmi && (saved & 0xe6) == 0xe6 ? STRONGROOM_SIMD_AVX512VBMI : STRONGROOM_SIMD_AVX2;
}
#elif defined(__aarch64__)
static int best_vector_level(void) {
    return STRONGROOM_SIMD_NEON;
}
#else
static int best_vector_level(void) {
    return STRONGROOM_SIMD_SCALAR;
}
#endif

// The highest level that this architecture has a kernel for and that is not above `level`.
static const struct strongroom_codec *codec_at_most(int level) {
#if defined(__x86_64__)
    if (level >= STRONGROOM_SIMD_AVX512VBMI) return &strongroom_codec_avx512vbmi;
    if (level >= STRONGROOM_SIMD_AVX2) return &strongroom_codec_avx2;
#elif defined(__aarch64__)
    if (level >= STRONGROOM_SIMD_NEON) return &strongroom_codec_neon;
#else
    (void)level;
#endif
    return &strongroom_codec_scalar;
}

static const struct strongroom_codec *current(void) {
    return atomic_load_explicit(&chosen, memory_order_relaxed);
}

int strongroom_simd_best(void) {
    return best_vector_level();
}

int strongroom_simd_current(void) {
    return current()->level;
}

int strongroom_simd_select(int level) {
    int best = best_vector_level();
    const struct strongroom_codec *codec = codec_at_most(level < best ? level : best);
    atomic_store_explicit(&chosen, codec, memory_order_relaxed);
    return codec->level;
}

__attribute__((constructor)) static void select_best(void) {
    strongroom_simd_select(best_vector_level());
}

size_t strongroom_base64_encode(const uint8_t *src, size_t n, uint8_t *dst) {
    return n == 0 ? 0 : current()->encode(src, n, dst);
}

int64_t strongroom_base64_decode(const uint8_t *src, size_t n, uint8_t *dst) {
    if (n == 0) return 0;
    strongroom_decode_blocks *blocks = current()->decode_blocks;
    return strongroom_base64_decode_rest(blocks, src, n, blocks(src, n, dst), dst);
}

size_t strongroom_json_string_run(const uint8_t *src, size_t n) {
    return n == 0 ? 0 : current()->string_run(src, n);
}

size_t strongroom_json_plain_run(const uint8_t *src, size_t n) {
    return n == 0 ? 0 : current()->plain_run(src, n);
}
