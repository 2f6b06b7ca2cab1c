// The steps of each algorithm of MPI, as loads: those that are schedules, too, are held against them in
// tests/collectives/steps_test.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/holds.hpp"
#include "collectives/step_time.hpp"

namespace aifsim {
namespace {

using Loads = std::vector<StepLoad>;
constexpr double kHeld = 32 << 20;  // glibc's largest M_MMAP_THRESHOLD: smaller buffers are used again

StepLoad send(double repetitions, double bytes, double distance, double reduced = 0) {
  return {repetitions, bytes, 1, false, distance, reduced, 0, 0};
}
StepLoad exchange(double bytes, double distance, double reduced = 0, double messages = 1) {
  return {1, bytes, messages, true, distance, reduced, 0, 0};
}
StepLoad burst(double bytes, double messages, double distance, double reduced = 0, double repetitions = 1) {
  return {repetitions, bytes, messages, false, distance, reduced, 0, 0};
}
// No other rank of the node sends at the time.
StepLoad alone(StepLoad load) {
  load.alone = true;
  return load;
}
StepLoad copy(double bytes) { return {1, 0, 0, false, 0, 0, bytes, 0}; }
StepLoad fresh(double bytes) { return {1, 0, 0, false, 0, 0, bytes, bytes}; }

bool starts(const std::string& text, const char* with) { return text.rfind(with, 0) == 0; }

// "rabenseifner_ompi" and "rabenseifner_over" are the same algorithm in other hands.
std::string plain(std::string name) {
  for (const char* tail : {"_ompi", "_mpich", "_over"}) {
    const std::size_t at = name.find(tail);
    if (at != std::string::npos) name.erase(at, std::string(tail).size());
  }
  return name;
}

// MPICH's "non_blocking" runs what its default would.
bool is_default(const std::string& name) {
  return name.empty() || name == "automatic" || name == "default" || name == "non_blocking";
}

struct Family {
  double ranks, bytes, part;  // part: of one rank
  bool power_of_two;
  int rounds;    // ceil(log2 ranks)
  int halvings;  // floor(log2 ranks)
  std::string name;
  double per_node;

  struct Round {
    double bytes, distance;
  };
  // What a gather by doubling sends: 1, 2, 4, ... parts, the last round what is left.
  std::vector<Round> doubling() const {
    std::vector<Round> made;
    for (double have = 1; have < ranks; have += std::min(have, ranks - have))
      made.push_back({std::min(have, ranks - have) * part, have});
    return made;
  }
  // Each part as a message of its own, round by round; `sparse` sends the most to the nearest.
  Loads blocks(bool sparse, bool reduce) const {
    Loads loads;
    for (const Round& r : doubling()) {
      const double messages = std::max(1.0, std::round(r.bytes / part));
      const double distance =
          sparse ? std::max(1.0, std::floor(ranks / (2 * r.distance))) : std::max(1.0, r.distance * 2 / 3);
      StepLoad load = burst(part, messages, distance, reduce ? r.bytes : 0);
      load.exchange = !sparse;
      loads.push_back(load);
    }
    return loads;
  }
  Loads scatter_by_halving() const {
    Loads loads;
    const std::vector<Round> gather = doubling();
    for (auto r = gather.rbegin(); r != gather.rend(); ++r)
      loads.push_back(alone(send(1, r->bytes, r->distance)));
    return loads;
  }
};

Loads& operator+=(Loads& a, const Loads& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Loads all_gather(const Family& f) {
  const std::string& a = f.name;
  Loads loads;
  if (a == "ring") return {send(f.ranks - 1, f.part, 1)};
  if (a == "neighbor") {
    // Every second step leaves the node.
    const double apart = std::max(1.0, f.per_node / 2);
    StepLoad first = exchange(f.part, 1), rest = exchange(2 * f.part, apart);
    rest.repetitions = f.ranks / 2 - 1;
    return {first, rest};
  }
  if (a == "recursive_doubling" || a == "brucks" || a == "k_bruck") {
    for (const auto& r : f.doubling())
      loads.push_back(a == "recursive_doubling" ? exchange(r.bytes, r.distance)
                                                : send(1, r.bytes, r.distance));
    if (a == "brucks") loads.push_back(copy(f.bytes));
    // Each round lands in memory that is allocated anew.
    if (a == "k_bruck") loads.push_back(fresh(f.bytes));
    return loads;
  }
  if (a == "sparbit") return f.blocks(true, false);
  if (!starts(a, "bine")) return {};
  if (holds(a, "block_by_block")) return f.blocks(false, false);
  if (holds(a, "send")) loads.push_back(send(1, f.part, f.ranks / 2));
  for (const auto& r : f.doubling()) {
    const double distance = std::max(1.0, r.distance * 2 / 3);
    loads.push_back(holds(a, "2_blocks") ? exchange(r.bytes / 2, distance, 0, 2)
                                         : exchange(r.bytes, distance));
  }
  if (holds(a, "permute") || holds(a, "dtype")) loads.push_back(copy(f.bytes));
  return loads;
}

Loads reduce_scatter(const Family& f) {
  const std::string& a = f.name;
  Loads loads;
  if (a == "ring") {
    StepLoad receive = fresh(f.bytes);
    receive.fresh_from = kHeld;
    return {send(f.ranks - 1, f.part, 1, f.part), receive};
  }
  if (a == "pairwise") return {send(f.ranks - 1, f.part, f.ranks / 2, f.part)};
  if (a == "recursive_doubling") {
    // All but the parts that both sides are done with; they lie apart, and are packed and unpacked.
    for (int k = 0; k < f.rounds; ++k) {
      const double m = f.bytes * (1 - std::exp2(k - f.rounds));
      loads.push_back(exchange(m, std::exp2(k), m));
      loads.push_back(copy(m));
    }
    return loads;
  }
  if (a == "recursive_halving" || a == "recursive_distance_doubling") {
    for (const auto& r : f.doubling()) loads.push_back(exchange(r.bytes, r.distance, r.bytes));
    loads.push_back(fresh(f.bytes));
    return loads;
  }
  if (!starts(a, "bine")) return {};
  if (holds(a, "block_by_block")) {
    loads = f.blocks(false, true);
    loads.push_back(fresh(f.bytes));
    return loads;
  }
  for (const auto& r : f.doubling())
    loads.push_back(exchange(r.bytes, std::max(1.0, r.distance * 2 / 3), r.bytes));
  loads.push_back(fresh(f.bytes));
  if (holds(a, "permute")) loads.push_back(copy(f.bytes));
  if (holds(a, "send")) loads.push_back(send(1, f.part, f.ranks / 2));
  return loads;
}

// Segment bytes in "..._segmented_16384"; 64 KiB where the name has none; 0 for no segments.
double segment_of(const std::string& name) {
  const std::size_t at = name.find("segmented");
  if (at == std::string::npos) return 0;
  const std::size_t digit = name.find_first_of("0123456789", at);
  return digit == std::string::npos ? 65536 : std::stod(name.substr(digit));
}

Loads all_reduce(const Family& f) {
  const std::string& a = f.name;
  Loads loads, fold;  // ranks beyond a power of two hand their buffer over, and get the result
  if (!f.power_of_two) fold = {send(1, f.bytes, 1, f.bytes), send(1, f.bytes, 1)};
  if (a == "recursive_doubling" || a == "bine_lat") {
    for (int k = 0; k < f.halvings; ++k) loads.push_back(exchange(f.bytes, std::exp2(k), f.bytes));
    loads += fold;
    loads.push_back(copy(f.bytes));
    return loads;
  }
  if (a == "ring" || a == "ring_segmented")
    return {send(f.ranks - 1, f.part, 1, f.part), send(f.ranks - 1, f.part, 1), copy(f.bytes)};
  if (a == "nonoverlapping") {
    for (const double reduced : {f.bytes, 0.0})
      for (int k = 0; k < f.rounds; ++k) loads.push_back(send(1, f.bytes, std::exp2(k), reduced));
    return loads;
  }
  // Over the ranks of each node first: each with its part of the buffer, or one rank with all of it.
  if (holds(a, "hier_bw") || holds(a, "hier_lat")) {
    const bool parts = holds(a, "hier_bw");
    const double nodes = f.ranks / f.per_node, own = parts ? f.bytes / f.per_node : f.bytes;
    const double local = f.per_node - 1;
    loads.push_back(send(local, own, 1, own));
    for (int k = 0; k < static_cast<int>(std::ceil(std::log2(nodes) - 1e-12)); ++k) {
      StepLoad step = exchange(own, f.per_node * std::exp2(k), own);
      if (parts) {
        // Halves on the way there, doubles on the way back.
        step.bytes = step.reduced = own / std::exp2(k + 1);
        loads.push_back(exchange(step.bytes, step.distance));
      }
      step.alone = !parts;
      loads.push_back(step);
    }
    loads.push_back(send(local, own, 1));
    return loads;
  }
  // The published rows of allgather_reduce ran the old Rabenseifner, say their notes.
  if (a != "rabenseifner" && a != "allgather_reduce" && !starts(a, "bine_bdw")) return {};
  const double segment = segment_of(a), nearer = starts(a, "bine") ? 2.0 / 3 : 1;
  for (int k = 0; k < f.halvings; ++k) {
    const double m = f.bytes / std::exp2(k + 1);
    const double distance = std::exp2(f.halvings - k - 1) * nearer;
    StepLoad scatter = exchange(m, distance, m);
    if (segment > 0 && m > segment) {
      scatter = exchange(segment, distance, segment);
      scatter.repetitions = m / segment;
    }
    loads.push_back(scatter);
    loads.push_back(exchange(m, distance));
  }
  loads.push_back(copy(f.bytes));
  // Without a segment size in its name the program sends the parts one by one.
  if (segment > 0 && a.find_first_of("0123456789") == std::string::npos && f.power_of_two)
    loads.push_back(send(f.ranks, 0, 1));
  if (holds(a, "static")) loads.push_back(copy(f.bytes));
  loads += fold;
  return loads;
}

Loads broadcast(const Family& f) {
  const std::string& a = f.name;
  Loads loads;
  const double depth = f.halvings;
  if (a == "binary") return {burst(f.bytes, 2, f.ranks / 2, 0, depth)};
  if (a == "split_binary")
    return {burst(f.bytes / 2, 2, f.ranks / 2, 0, depth), exchange(f.bytes / 2, f.ranks / 2)};
  // A rank sends to all its children at once: the deepest path waits for as many transfers as its ranks have
  // children.
  if (a == "binomial" || a == "bine_lat" || starts(a, "bine_lat_i")) {
    for (int k = 1; k <= f.rounds; ++k) loads.push_back(alone(burst(f.bytes, k, std::exp2(k - 1))));
    return loads;
  }
  if (a == "knomial") {
    int levels = 0;
    for (double left = f.ranks; left > 1; left /= 4) ++levels;
    double left = f.ranks;
    for (int k = levels; k >= 1; --k, left /= 4) loads.push_back(alone(burst(f.bytes, 3 * k, left / 2)));
    return loads;
  }
  if (starts(a, "bine_lat")) {
    for (int k = 0; k < f.rounds; ++k) loads.push_back(alone(send(1, f.bytes, std::exp2(k))));
    return loads;
  }
  if (!starts(a, "scatter_allgather") && !starts(a, "bine_bdw")) return {};
  loads = f.scatter_by_halving();
  if (a == "scatter_allgather_ring") {
    loads.push_back(send(f.ranks - 1, f.part, 1));
  } else {
    const double nearer = starts(a, "bine") ? 2.0 / 3 : 1;
    for (const auto& r : f.doubling()) loads.push_back(exchange(r.bytes, r.distance * nearer));
  }
  return loads;
}

Loads reduce(const Family& f) {
  const std::string& a = f.name;
  Loads loads;
  if (a == "binary") return {burst(f.bytes, 2, f.ranks / 2, 2 * f.bytes, f.halvings), fresh(f.bytes)};
  if (a == "in_order") {  // fewer hops count, as its levels overlap
    const double q = 0.6;
    return {burst(f.bytes / q, 2, f.ranks / 2, 2 * f.bytes / q, q * f.halvings), fresh(f.bytes)};
  }
  if (a == "linear") return {alone(burst(f.bytes, f.ranks - 1, f.ranks / 2, (f.ranks - 1) * f.bytes))};
  if (a == "binomial" || starts(a, "bine_lat")) {
    for (int k = 0; k < f.rounds; ++k) loads.push_back(send(1, f.bytes, std::exp2(k), f.bytes));
    loads.push_back(fresh(f.bytes));
    return loads;
  }
  if (!starts(a, "bine_bdw")) return {};
  for (const auto& r : f.doubling()) loads.push_back(exchange(r.bytes, r.distance * 2 / 3, r.bytes));
  loads += f.scatter_by_halving();
  return loads;
}

Loads all_to_all(const Family& f) {
  const std::string& a = f.name;
  if (a == "linear" || a == "linear_sync") return {burst(f.part, f.ranks - 1, f.ranks / 2)};
  if (a == "pairwise") return {send(f.ranks - 1, f.part, f.ranks / 2)};
  if (starts(a, "bine")) {
    StepLoad round = exchange(f.bytes / 2, f.ranks / 3);
    round.repetitions = f.rounds;
    round.copied = 2 * f.bytes;
    return {round};
  }
  if (holds(a, "bruck")) {
    Loads loads;
    for (double distance = 1; distance < f.ranks; distance *= 2) {
      // All blocks whose number has the bit `distance`, of as many numbers as there are ranks.
      const double whole = std::floor(f.ranks / (2 * distance)) * distance,
                   rest = std::max(0.0, std::fmod(f.ranks, 2 * distance) - distance);
      StepLoad round = send(1, (whole + rest) * f.part, f.ranks / 2);
      round.copied = f.bytes;
      loads.push_back(round);
    }
    loads.push_back(copy(2 * f.bytes));
    return loads;
  }
  return {};
}

Loads gather_or_scatter(const Family& f) {
  const std::string& a = f.name;
  if (a == "linear_nb" || a == "linear") return {alone(burst(f.part, f.ranks - 1, f.ranks / 2))};
  // The root asks for each part: a little over one message each.
  if (a == "linear_synch") return {alone(send(1.3 * (f.ranks - 1), f.part / 1.3, f.ranks / 2))};
  if (a != "binomial" && !starts(a, "bine")) return {};
  Loads loads = f.scatter_by_halving();
  loads.push_back(copy(f.bytes / 2));  // the first child's, for its part of the tree
  // Half a buffer of 64 MiB is still handed out again.
  StepLoad held = fresh(f.bytes / 2);
  held.fresh_from = 2 * std::sqrt(2) * kHeld;
  loads.push_back(held);
  return loads;
}

}  // namespace

std::string default_algorithm(const CollectiveQuery& q) {
  const double bytes = q.bytes.value, part = bytes / static_cast<double>(q.ranks);
  const bool power_of_two = (q.ranks & (q.ranks - 1)) == 0;
  if (q.mpi_library == "CRAY_MPICH") {
    switch (q.op) {
      case MeasuredOp::all_gather:
        if (power_of_two) return bytes < 32768.0 * double(q.ranks) ? "recursive_doubling" : "ring";
        return bytes < 81920 ? "brucks" : part >= 32768 ? "ring" : "brucks";
      case MeasuredOp::all_reduce:
        return bytes <= 2048 ? "recursive_doubling" : "rabenseifner";
      case MeasuredOp::reduce:
        return bytes <= 2048 ? "binomial" : "bine_bdw";
      case MeasuredOp::reduce_scatter:
        return bytes < 524288 ? "recursive_halving" : "pairwise";
      default:
        break;
    }
  }
  switch (q.op) {
    case MeasuredOp::all_gather:
      if (part <= (power_of_two ? 1024 : 300)) return power_of_two ? "recursive_doubling" : "brucks";
      return part < 1e5 && q.ranks % 2 == 0 ? "neighbor" : "ring";
    case MeasuredOp::all_reduce:
      return bytes >= 16000 ? "rabenseifner" : q.ranks >= 64 ? "nonoverlapping" : "recursive_doubling";
    case MeasuredOp::broadcast:
      return bytes < 3e5 || (q.ranks > 64 && q.ranks < 512) ? "knomial"
             : q.ranks > 64                                 ? "scatter_allgather"
                                                            : "binomial";
    case MeasuredOp::all_to_all:
      return part <= 256 ? "modified_bruck" : "linear";
    case MeasuredOp::gather:
      return "binomial";
    case MeasuredOp::scatter:
      return part > 256 ? "linear_nb" : "binomial";
    case MeasuredOp::reduce:
      return "binomial";
    case MeasuredOp::reduce_scatter:
      return bytes >= 4e5 && q.ranks < 64 ? "ring" : "recursive_halving";
    default:
      return "";
  }
}

std::vector<StepLoad> step_loads(const CollectiveQuery& q) {
  std::string name = plain(q.algorithm);
  if (is_default(name)) name = default_algorithm(q);
  const double ranks = static_cast<double>(q.ranks), log = std::log2(ranks);
  const Family f{ranks,
                 q.bytes.value,
                 q.bytes.value / ranks,
                 (q.ranks & (q.ranks - 1)) == 0,
                 static_cast<int>(std::ceil(log - 1e-12)),
                 static_cast<int>(std::floor(log + 1e-12)),
                 name,
                 static_cast<double>(q.ranks_per_node)};
  Loads loads;
  switch (q.op) {
    case MeasuredOp::all_gather:
      loads = all_gather(f);
      break;
    case MeasuredOp::reduce_scatter:
      loads = reduce_scatter(f);
      break;
    case MeasuredOp::all_reduce:
      loads = all_reduce(f);
      break;
    case MeasuredOp::broadcast:
      loads = broadcast(f);
      break;
    case MeasuredOp::reduce:
      loads = reduce(f);
      break;
    case MeasuredOp::all_to_all:
      loads = all_to_all(f);
      break;
    case MeasuredOp::gather:
    case MeasuredOp::scatter:
      loads = gather_or_scatter(f);
      break;
    default:
      break;
  }
  if (loads.empty())
    throw CannotAnswer(
        fmt::format("no steps known for the algorithm \"{}\" of {}", q.algorithm, name_of(q.op)));
  return loads;
}

}  // namespace aifsim
