#include "base/own_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "base/descriptor.hpp"
#include "base/error.hpp"
#include "base/packed.hpp"

namespace aifsim {
namespace {

std::string packed(const InputError& error) {
  Packer all;
  all.add(error.problems().size());
  for (const Problem& p : error.problems()) all.add(p.place.file, p.place.line, p.place.column, p.message);
  return all.take();
}

InputError input_error_from(const std::string& bytes) {
  Unpacker all(bytes);
  std::vector<Problem> problems(all.get<std::size_t>());
  for (Problem& p : problems) all.get(p.place.file, p.place.line, p.place.column, p.message);
  return InputError(std::move(problems));
}

}  // namespace

ProcessAnswer answer_of(const std::function<std::string()>& work) {
  try {
    return {AnswerKind::fine, work()};
  } catch (const InputError& error) {
    return {AnswerKind::input_error, packed(error)};
  } catch (const CannotAnswer& error) {
    return {AnswerKind::cannot_answer, error.what()};
  } catch (const std::exception& error) {
    return {AnswerKind::failed, error.what()};
  }
}

void throw_error(const ProcessAnswer& error) {
  if (error.kind == AnswerKind::input_error) throw input_error_from(error.bytes);
  if (error.kind == AnswerKind::cannot_answer) throw CannotAnswer(error.bytes);
  throw std::runtime_error(error.bytes);
}

bool write_all(int to, const void* data, std::size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = write(to, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

bool read_all(int from, void* data, std::size_t size) {
  char* at = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t n = read(from, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

bool write_answer(int to, const ProcessAnswer& answer) {
  const std::array<std::uint64_t, 2> head{static_cast<std::uint64_t>(answer.kind), answer.bytes.size()};
  return write_all(to, head.data(), sizeof head) && write_all(to, answer.bytes.data(), answer.bytes.size());
}

bool read_answer(int from, ProcessAnswer& answer) {
  std::array<std::uint64_t, 2> head{};
  if (!read_all(from, head.data(), sizeof head)) return false;
  answer.kind = static_cast<AnswerKind>(head[0]);
  answer.bytes.resize(head[1]);
  return read_all(from, answer.bytes.data(), answer.bytes.size());
}

void end_with_parent(int parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
}

std::string how_it_ended(int status) {
  if (!WIFSIGNALED(status)) return fmt::format("ended with status {} and no answer", WEXITSTATUS(status));
  const int signal = WTERMSIG(status);
  return fmt::format("was ended by signal {} ({}){}", signal, strsignal(signal),
                     signal == SIGKILL ? ", as happens when memory runs out" : "");
}

std::string in_own_process(const std::function<std::string()>& work) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw CannotAnswer("no pipe to a process of its own");
  const Descriptor answers(ends[0]);
  Descriptor to(ends[1]);
  std::fflush(nullptr);  // what is not yet written is the parent's to write
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) throw CannotAnswer("no process of its own for a simulation");
  if (child == 0) {
    end_with_parent(parent);
    _exit(write_answer(to.number(), answer_of(work)) ? 0 : 1);
  }
  to = Descriptor();  // so that the answers end with the process
  ProcessAnswer answer;
  const bool whole = read_answer(answers.number(), answer);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!whole) throw std::runtime_error("the process of a simulation " + how_it_ended(status));
  if (answer.kind != AnswerKind::fine) throw_error(answer);
  return std::move(answer.bytes);
}

}  // namespace aifsim
