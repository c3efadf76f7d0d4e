// For LD_PRELOAD: every name takes for ever.

#include <netdb.h>
#include <unistd.h>

extern "C" __attribute__((visibility("default"))) int getaddrinfo(const char* /*node*/,
                                                                  const char* /*service*/,
                                                                  const addrinfo* /*hints*/,
                                                                  addrinfo** /*found*/) {
  for (;;) ::pause();
}
