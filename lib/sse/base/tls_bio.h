#pragma once

/// \file
/// What stands between OpenSSL and a socket of ours. A door to OpenSSL, whose headers this does not
/// include.

struct bio_method_st;
struct bio_st;

namespace sse {

/// What the functions do is as in BIO_meth_new(3); they are told whose socket it is by
/// BIO_get_data().
struct BioCalls {
  int (*read)(bio_st* bio, char* into, int size);
  int (*write)(bio_st* bio, const char* bytes, int size);
  long (*control)(bio_st* bio, int command, long number, void* pointer);
};

/// Make one for each kind of socket, and keep it. Null when there is no memory.
bio_method_st* make_bio_method(const char* name, const BioCalls& calls);

}  // namespace sse
