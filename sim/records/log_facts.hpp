// What logs say in passing: `key ..... value`, `key: value`, `key=value`, `"key": value`, and figures behind a
// phrase.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "records/training_run.hpp"

namespace aifsim::records {

enum class FactKind {
  count,     // a whole number above 0
  positive,  // a number above 0
  word,      // as it stands; "None" and "null" say nothing
  dtype,     // "torch.bfloat16", "bf16-mixed" -> bf16
};

struct Fact {
  std::string_view key;
  const char* name;  // of the column, or any that the reader asks for (TrainingRun::said)
  FactKind kind = FactKind::word;
};

// Tells `run` every fact of `facts` that stands in the line.
void take_facts(std::string_view line, std::span<const Fact> facts, TrainingRun& run);

// "True", "true", "1", "yes".
bool is_true(std::string_view word);

// The text behind the first `phrase`, without blanks in front; nothing where it does not stand.
std::optional<std::string_view> behind(std::string_view line, std::string_view phrase);
// The number at the front of a text: "7,203  tflops: ...", "5400.0/5412.1", "109 |"; with `scaled` also "4.71K",
// "1.18T". Nothing where there is none.
std::optional<double> leading_number(std::string_view text, bool scaled = false);
std::optional<double> number_behind(std::string_view line, std::string_view phrase, bool scaled = false);
// "47.5GiB(50%)", "6.01GB", "496.00MiB" behind a phrase, in GiB.
std::optional<double> gibibytes_behind(std::string_view line, std::string_view phrase);

// A line that tells of an evaluation or of a checkpoint being written.
bool tells_pause(std::string_view line);

}  // namespace aifsim::records
