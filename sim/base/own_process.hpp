// Work in a process of its own, whose answer comes back as bytes: what a library keeps in its globals, and what ends
// a process, stays there.
#pragma once
#include <cstdint>
#include <functional>
#include <string>

namespace aifsim {

enum class AnswerKind : std::uint64_t { fine, input_error, cannot_answer, failed };
struct ProcessAnswer {
  AnswerKind kind = AnswerKind::fine;
  std::string bytes;  // of an error: its text
};

// What `work` returned or threw.
ProcessAnswer answer_of(const std::function<std::string()>& work);
// The error of an answer that is one; what was none of ours as std::runtime_error.
[[noreturn]] void throw_error(const ProcessAnswer& error);

// Over a pipe. False: the other end is gone.
bool write_all(int to, const void* data, std::size_t size);
bool read_all(int from, void* data, std::size_t size);
bool write_answer(int to, const ProcessAnswer& answer);
bool read_answer(int from, ProcessAnswer& answer);

// For a forked process: it ends with its parent, whatever ends that.
void end_with_parent(int parent);
// "was ended by signal 9 (Killed), as happens when memory runs out", of a status of waitpid.
std::string how_it_ended(int status);

// Runs `work` in a copy of this process and waits for its end. Where that ends without an answer: std::runtime_error.
std::string in_own_process(const std::function<std::string()>& work);

}  // namespace aifsim
