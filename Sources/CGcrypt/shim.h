// What Primitives needs of libgcrypt 1.10. Only macros and pointer fixes may live here, each with its reason.
#ifndef STRONGROOM_CGCRYPT_SHIM_H
#define STRONGROOM_CGCRYPT_SHIM_H

#include <gcrypt.h>
#include <unistd.h>

// gcry_control is variadic, which Swift does not import. Finishes the library's initialisation without its secure heap:
// keys are handed over from memory of our own, and its handles are freed by their owners. Returns 0 on success.
static inline int strongroom_gcry_start(void) {
    if (gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P)) return 0;
    if (!gcry_check_version("1.10.0")) return 1;
    if (gcry_control(GCRYCTL_DISABLE_SECMEM, 0)) return 1;
    return gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0) != 0;
}

// Whether the library is in its FIPS mode, known once it is started; variadic like the above.
static inline int strongroom_gcry_fips_mode(void) { return gcry_fips_mode_active(); }

// gcry_cipher_reset, gcry_cipher_final and their like are function-like macros, which Swift does not import.
static inline gcry_error_t strongroom_gcry_reset(gcry_cipher_hd_t handle) { return gcry_cipher_reset(handle); }
static inline gcry_error_t strongroom_gcry_final(gcry_cipher_hd_t handle) { return gcry_cipher_final(handle); }
static inline gcry_error_t strongroom_gcry_expect_tag(gcry_cipher_hd_t handle, const void *tag, size_t length) {
    return gcry_cipher_set_decryption_tag(handle, tag, length);
}

// fork is marked unavailable in Swift; the tests need it to show that a child draws other nonces than its parent.
static inline pid_t strongroom_fork(void) { return fork(); }

#endif
