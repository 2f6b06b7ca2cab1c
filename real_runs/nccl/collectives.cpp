// All kinds of collectives through NCCL; each result is compared with what it must be, once per kind, type
// and size, before it is timed.
#include <cmath>
#include <cstdint>
#include <cstring>

#include "common/bus.hpp"
#include "nccl/world.hpp"

namespace real_runs::nccl {
namespace {

enum class Kind {
  all_reduce,
  all_gather,
  reduce_scatter,
  all_to_all,
  broadcast,
  reduce,
  gather,
  scatter,
  send_recv,
  barrier
};
constexpr Kind kinds[] = {Kind::all_reduce, Kind::all_gather, Kind::reduce_scatter, Kind::all_to_all,
                          Kind::broadcast,  Kind::reduce,     Kind::gather,         Kind::scatter,
                          Kind::send_recv,  Kind::barrier};
constexpr const char* names[] = {"all_reduce", "all_gather", "reduce_scatter", "all_to_all", "broadcast",
                                 "reduce",     "gather",     "scatter",        "send_recv",  "barrier"};
const char* name_of(Kind kind) { return names[static_cast<int>(kind)]; }

struct Element {
  const char* name;
  ncclDataType_t type;
  std::size_t bytes;
};
constexpr Element bf16{"bf16", ncclBfloat16, 2}, fp32{"fp32", ncclFloat, 4};

// What rank r holds at place i: -15 to 15. Over 31 ranks they add up to 0, so that sums stay small on the
// way, in whatever order, and exact in every type: BF16 holds whole numbers up to 256.
constexpr std::size_t period = 31;
int value(std::size_t rank, std::size_t i) { return static_cast<int>((i + 3 * rank) % period) - 15; }

void store(const Element& e, float value, char* to) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, 4);
  if (e.bytes == 2) {
    const auto upper = static_cast<std::uint16_t>(bits >> 16U);  // exact: the lower half is 0
    std::memcpy(to, &upper, 2);
  } else {
    std::memcpy(to, &bits, 4);
  }
}

double load(const Element& e, const char* from) {
  std::uint32_t bits = 0;
  if (e.bytes == 2) {
    std::uint16_t upper = 0;
    std::memcpy(&upper, from, 2);
    bits = static_cast<std::uint32_t>(upper) << 16U;
  } else {
    std::memcpy(&bits, from, 4);
  }
  float value = 0;
  std::memcpy(&value, &bits, 4);
  return value;
}

struct Call {
  Kind kind;
  Element element;
  std::size_t count;  // elements of the whole buffer, a multiple of the ranks; barrier 1
};

// The whole exchange of point-to-point messages as one group.
template <class Exchange>
void group(Exchange exchange) {
  NCCL_CHECK(ncclGroupStart());
  exchange();
  NCCL_CHECK(ncclGroupEnd());
}

void queue(const World& w, const Call& c, const Buffer& in, const Buffer& out, cudaStream_t stream) {
  const auto ranks = static_cast<std::size_t>(w.ranks);
  const std::size_t part = c.count / ranks, part_bytes = part * c.element.bytes;
  const ncclDataType_t type = c.element.type;
  const ncclComm_t comm = w.comm();
  const auto send = [&](std::size_t from, std::size_t count, int to) {
    NCCL_CHECK(ncclSend(in.at(from), count, type, to, comm, stream));
  };
  const auto receive = [&](std::size_t at, std::size_t count, int from) {
    NCCL_CHECK(ncclRecv(out.at(at), count, type, from, comm, stream));
  };
  switch (c.kind) {
    case Kind::all_reduce:
      NCCL_CHECK(ncclAllReduce(in.at(0), out.at(0), c.count, type, ncclSum, comm, stream));
      return;
    case Kind::all_gather:
      NCCL_CHECK(ncclAllGather(in.at(0), out.at(0), part, type, comm, stream));
      return;
    case Kind::reduce_scatter:
      NCCL_CHECK(ncclReduceScatter(in.at(0), out.at(0), part, type, ncclSum, comm, stream));
      return;
    case Kind::all_to_all:
      group([&] {
        for (int r = 0; r < w.ranks; ++r) {
          send(static_cast<std::size_t>(r) * part_bytes, part, r);
          receive(static_cast<std::size_t>(r) * part_bytes, part, r);
        }
      });
      return;
    case Kind::broadcast:
      NCCL_CHECK(ncclBroadcast(in.at(0), out.at(0), c.count, type, 0, comm, stream));
      return;
    case Kind::reduce:
      NCCL_CHECK(ncclReduce(in.at(0), out.at(0), c.count, type, ncclSum, 0, comm, stream));
      return;
    case Kind::gather:
      group([&] {
        send(0, part, 0);
        for (int r = 0; w.rank == 0 && r < w.ranks; ++r)
          receive(static_cast<std::size_t>(r) * part_bytes, part, r);
      });
      return;
    case Kind::scatter:
      group([&] {
        for (int r = 0; w.rank == 0 && r < w.ranks; ++r)
          send(static_cast<std::size_t>(r) * part_bytes, part, r);
        receive(0, part, 0);
      });
      return;
    case Kind::send_recv:
      group([&] {
        send(0, c.count, (w.rank + 1) % w.ranks);
        receive(0, c.count, (w.rank + w.ranks - 1) % w.ranks);
      });
      return;
    case Kind::barrier:
      NCCL_CHECK(ncclAllReduce(in.at(0), out.at(0), 1, type, ncclSum, comm, stream));
      GPU_CHECK(cudaStreamSynchronize(stream));  // a barrier holds the host
      return;
  }
}

// Elements of the output that this rank has; what place i of it must be.
std::size_t outputs(const Call& c, int rank, int ranks) {
  if ((c.kind == Kind::reduce || c.kind == Kind::gather) && rank != 0) return 0;
  const bool parts = c.kind == Kind::reduce_scatter || c.kind == Kind::scatter;
  return parts ? c.count / static_cast<std::size_t>(ranks) : c.count;
}

double expected(const Call& c, std::size_t i, std::size_t rank, std::size_t ranks) {
  const std::size_t part = std::max<std::size_t>(1, c.count / ranks);
  const auto sum = [&](std::size_t at) {
    double s = 0;
    for (std::size_t r = 0; r < ranks; ++r) s += value(r, at);
    return s;
  };
  switch (c.kind) {
    case Kind::all_reduce:
    case Kind::reduce:
    case Kind::barrier:
      return sum(i);
    case Kind::reduce_scatter:
      return sum(rank * part + i);
    case Kind::all_gather:
    case Kind::gather:
      return value(i / part, i % part);
    case Kind::all_to_all:
      return value(i / part, rank * part + i % part);
    case Kind::broadcast:
      return value(0, i);
    case Kind::scatter:
      return value(0, rank * part + i);
    case Kind::send_recv:
      return value((rank + ranks - 1) % ranks, i);
  }
  return 0;
}

// All of a small output; of a large one both ends of every part, and places between.
template <class Visit>
void ranges_to_check(const Call& c, std::size_t count, std::size_t ranks, Visit visit) {
  constexpr std::size_t all = std::size_t{4} << 20U, few = 1024;
  if (count <= all) return visit(std::size_t{0}, count);
  const std::size_t part = std::max<std::size_t>(c.count / ranks, 2 * few);
  for (std::size_t begin = 0; begin < count; begin += part) {
    const std::size_t end = std::min(count, begin + part);
    visit(begin, std::min(end, begin + few));
    visit(std::max(begin, (begin + end) / 2), std::min(end, (begin + end) / 2 + few));
    visit(end - std::min(end - begin, few), end);
  }
}

void check(const World& w, const Call& c, const Buffer& out) {
  const auto rank = static_cast<std::size_t>(w.rank), ranks = static_cast<std::size_t>(w.ranks);
  const double tolerance = 0.25 * std::max(1.0, static_cast<double>(w.ranks) / 256);
  std::vector<char> host;
  ranges_to_check(c, outputs(c, w.rank, w.ranks), ranks, [&](std::size_t begin, std::size_t end) {
    host.resize((end - begin) * c.element.bytes);
    if (host.empty()) return;
    GPU_CHECK(cudaMemcpy(host.data(), out.at(begin * c.element.bytes), host.size(), cudaMemcpyDeviceToHost));
    for (std::size_t i = begin; i < end; ++i) {
      const double want = expected(c, i, rank, ranks),
                   got = load(c.element, host.data() + (i - begin) * c.element.bytes);
      if (!(std::abs(got - want) <= tolerance))
        fail(std::string("NCCL gives a wrong result of ") + name_of(c.kind) + ", " + c.element.name + ", " +
             std::to_string(c.count) + " elements: rank " + std::to_string(w.rank) + " has " +
             std::to_string(got) + " at " + std::to_string(i) + ", where " + std::to_string(want) +
             " is right");
    }
  });
}

void fill(const World& w, const Element& e, const Buffer& in, std::size_t bytes) {
  std::vector<char> chunk(std::min<std::size_t>(bytes, period * e.bytes << 15U));  // whole periods of `value`
  for (std::size_t i = 0; i < chunk.size() / e.bytes; ++i)
    store(e, static_cast<float>(value(static_cast<std::size_t>(w.rank), i)), chunk.data() + i * e.bytes);
  for (std::size_t at = 0; at < bytes; at += chunk.size())
    GPU_CHECK(
        cudaMemcpy(in.at(at), chunk.data(), std::min(chunk.size(), bytes - at), cudaMemcpyHostToDevice));
}

std::vector<std::size_t> sizes(const World& w) {
  const std::size_t most = w.free_bytes() / 10 * 4;  // two buffers, and room for NCCL's own
  std::vector<std::size_t> all;
  const std::size_t factor = w.options().full ? 4 : 32;
  const std::size_t first = w.options().full ? 1024 : 8192,
                    last = std::size_t{w.options().full ? 4U : 1U} << 30U;
  for (std::size_t bytes = first; bytes <= std::min(last, most); bytes *= factor) all.push_back(bytes);
  return all;
}

}  // namespace

void collective_cases(World& w, bool run) {
  const std::vector<std::size_t> all = sizes(w);
  if (all.empty()) fail("no memory for 8 KiB");
  const std::vector<Element> elements = w.options().full ? std::vector{bf16, fp32} : std::vector{bf16};
  if (!run) {
    w.cases += elements.size() * ((std::size(kinds) - 1) * all.size() + 1);
    return;
  }
  const Buffer in(all.back()), out(all.back());
  for (const Element& element : elements) {
    fill(w, element, in, all.back());
    for (const Kind kind : kinds)
      for (const std::size_t bytes : all) {
        const auto ranks = static_cast<std::size_t>(w.ranks);
        const std::size_t count =
            kind == Kind::barrier ? 1 : std::max<std::size_t>(1, bytes / element.bytes / ranks) * ranks;
        const Call call{kind, element, count};
        const double size = kind == Kind::barrier ? 0 : static_cast<double>(count * element.bytes);
        w.begin(std::string(name_of(kind)) + " " + element.name + " " +
                std::to_string(count * element.bytes) + " bytes");
        GPU_CHECK(cudaMemset(out.at(0), 0xff, all.back()));  // no number in any type
        GPU_CHECK(cudaDeviceSynchronize());
        const Queue once = [&](cudaStream_t stream) { queue(w, call, in, out, stream); };
        once(w.stream());
        w.stream().wait();
        check(w, call, out);
        const Times times = w.time(once);
        w.check_communicator();
        Row row = w.row(name_of(kind));
        row.set("message_bytes", size).set("dtype", element.name);
        if (size > 0) row.set("busbw_GBps", bus_share(name_of(kind), w.ranks) * size / times.median / 1e9);
        w.print(row, times);
        if (kind == Kind::barrier) break;
      }
  }
}

}  // namespace real_runs::nccl
