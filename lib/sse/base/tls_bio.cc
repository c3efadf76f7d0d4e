#include "sse/base/tls_bio.h"

#include <openssl/bio.h>

namespace sse {

bio_method_st* make_bio_method(const char* name, const BioCalls& calls) {
  BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, name);
  if (method == nullptr) return nullptr;
  BIO_meth_set_read(method, calls.read);
  BIO_meth_set_write(method, calls.write);
  BIO_meth_set_ctrl(method, calls.control);
  return method;
}

}  // namespace sse
