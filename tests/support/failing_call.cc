// failing-call CALL ERRNO COMMAND [ARG...]: runs a command in which a system call always fails, as
// on an old kernel or under a container's seccomp filter.

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <string_view>
#include <utility>

#include <linux/filter.h>
#include <linux/seccomp.h>

namespace {

constexpr std::pair<std::string_view, unsigned> kCalls[] = {
    {"eventfd2", SYS_eventfd2},
    {"pidfd_open", SYS_pidfd_open},
    {"pipe2", SYS_pipe2},
    {"signalfd4", SYS_signalfd4},
    {"waitid", SYS_waitid},
    {"wait4", SYS_wait4},
    {"setrlimit", SYS_prlimit64},
    {"epoll_create1", SYS_epoll_create1},
    {"epoll_ctl", SYS_epoll_ctl},
    {"timerfd_create", SYS_timerfd_create},
    {"timerfd_settime", SYS_timerfd_settime}};

constexpr std::pair<std::string_view, unsigned> kErrors[] = {
    {"ENOSYS", ENOSYS}, {"EPERM", EPERM}, {"EMFILE", EMFILE}, {"EIO", EIO}};

template <typename Table>
const unsigned* find(const Table& table, std::string_view name) {
  for (const auto& [known, number] : table) {
    if (known == name) return &number;
  }
  return nullptr;
}

bool make_fail(unsigned call, unsigned error) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{static_cast<unsigned short>(std::size(program)), program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  const unsigned* const call = argc > 3 ? find(kCalls, argv[1]) : nullptr;
  const unsigned* const error = argc > 3 ? find(kErrors, argv[2]) : nullptr;
  if (call == nullptr || error == nullptr) {
    std::fprintf(stderr, "failing-call: expected CALL ERRNO COMMAND [ARG...]\n");
    return 2;
  }
  if (!make_fail(*call, *error)) {
    std::fprintf(stderr, "failing-call: %s\n", std::strerror(errno));
    return 3;
  }
  ::execvp(argv[3], argv + 3);
  std::perror("failing-call");
  return 3;
}
