// For LD_PRELOAD: every name takes for ever. An address is none.

#include <netdb.h>
#include <unistd.h>

#include <string_view>

#include <dlfcn.h>

extern "C" __attribute__((visibility("default"))) int getaddrinfo(const char* node,
                                                                  const char* service,
                                                                  const addrinfo* hints,
                                                                  addrinfo** found) {
  const std::string_view host = node == nullptr ? "" : node;
  if (host.find_first_not_of("0123456789abcdef.:") != std::string_view::npos) {
    for (;;) ::pause();
  }
  using Function = int(const char*, const char*, const addrinfo*, addrinfo**);
  const auto real = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  return real(node, service, hints, found);
}
