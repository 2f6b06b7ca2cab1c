#include "report/perfetto.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <protozero/pbf_reader.hpp>

#include "report/fake_result.hpp"

using namespace aifsim;
using protozero::pbf_reader;

namespace {

struct Slice {
  std::string name, category;
  std::uint64_t begin = 0, end = 0;
  std::map<std::string, std::string> annotations;
};

struct Track {
  std::uint64_t parent = 0;
  std::int64_t pid = 0, tid = 0;
  std::string name;
  bool process = false, open = false;
  std::vector<Slice> slices;
};

// Reads a trace as trace processor does, and requires that slices of a track neither nest nor go back in
// time.
class Trace {
 public:
  explicit Trace(const std::string& data) {
    pbf_reader trace(data);
    while (trace.next(1)) packet(trace.get_message());
    for (const auto& [uuid, track] : tracks) CHECK_FALSE(track.open);
  }
  std::map<std::uint64_t, Track> tracks;
  std::vector<std::uint64_t> order;
  bool first_clears_state = false;

 private:
  void packet(pbf_reader p) {
    std::uint64_t timestamp = 0;
    std::uint32_t sequence = 0, flags = 0;
    pbf_reader event, descriptor;
    bool has_event = false, has_descriptor = false;
    while (p.next()) {
      switch (p.tag()) {
        case 8:
          timestamp = p.get_uint64();
          break;
        case 10:
          sequence = p.get_uint32();
          break;
        case 13:
          flags = p.get_uint32();
          break;
        case 11:
          event = p.get_message(), has_event = true;
          break;
        case 60:
          descriptor = p.get_message(), has_descriptor = true;
          break;
        default:
          FAIL("unknown field of TracePacket " << p.tag());
      }
    }
    REQUIRE(sequence == 1);
    REQUIRE(has_event != has_descriptor);
    if (tracks.empty()) first_clears_state = flags == 1;
    if (has_descriptor) describe(descriptor);
    if (has_event) happen(event, timestamp);
  }

  void describe(pbf_reader d) {
    Track track;
    std::uint64_t uuid = 0;
    while (d.next()) {
      switch (d.tag()) {
        case 1:
          uuid = d.get_uint64();
          break;
        case 5:
          track.parent = d.get_uint64();
          break;
        case 3:
        case 4: {
          track.process = d.tag() == 3;
          pbf_reader who = d.get_message();
          while (who.next()) {
            if (who.tag() == 1) {
              track.pid = who.get_int32();
            } else if (!track.process && who.tag() == 2) {
              track.tid = who.get_int64();
            } else {
              REQUIRE(who.tag() == (track.process ? 6u : 5u));
              track.name = who.get_string();
            }
          }
          break;
        }
        default:
          FAIL("unknown field of TrackDescriptor " << d.tag());
      }
    }
    REQUIRE(uuid != 0);
    REQUIRE(tracks.emplace(uuid, track).second);
    order.push_back(uuid);
  }

  void happen(pbf_reader e, std::uint64_t timestamp) {
    std::uint64_t uuid = 0;
    std::int32_t type = 0;
    Slice slice;
    while (e.next()) {
      switch (e.tag()) {
        case 9:
          type = e.get_enum();
          break;
        case 11:
          uuid = e.get_uint64();
          break;
        case 22:
          slice.category = e.get_string();
          break;
        case 23:
          slice.name = e.get_string();
          break;
        case 4: {
          pbf_reader a = e.get_message();
          std::string name, value;
          while (a.next()) {
            if (a.tag() == 10) name = a.get_string();
            if (a.tag() == 3) value = std::to_string(a.get_uint64());
            if (a.tag() == 6) value = a.get_string();
          }
          slice.annotations[name] = value;
          break;
        }
        default:
          FAIL("unknown field of TrackEvent " << e.tag());
      }
    }
    REQUIRE(tracks.count(uuid) == 1);  // described before it is used
    Track& track = tracks[uuid];
    if (type == 1) {
      REQUIRE_FALSE(track.open);
      if (!track.slices.empty()) REQUIRE(timestamp >= track.slices.back().end);
      slice.begin = timestamp;
      track.slices.push_back(slice);
      track.open = true;
    } else {
      REQUIRE(type == 2);
      REQUIRE(track.open);
      REQUIRE(timestamp >= track.slices.back().begin);
      track.slices.back().end = timestamp;
      track.open = false;
    }
  }
};

}  // namespace

TEST_CASE("the trace has a process per point and role, and a track per stream") {
  const Result r = fake::result();
  const Trace trace(to_perfetto(r));
  CHECK(trace.first_clears_state);
  REQUIRE(trace.order.size() == 23 * 4);
  std::map<std::int64_t, int> pids;
  for (const auto& [uuid, track] : trace.tracks) {
    if (track.process) {
      CHECK(++pids[track.pid] == 1);
    } else {
      const Track& parent = trace.tracks.at(track.parent);
      CHECK(parent.process);
      CHECK(parent.pid == track.pid);
      CHECK(track.tid != track.pid);
    }
  }
  CHECK(trace.tracks.at(trace.order[0]).name == "leonardo_booster, full sharding, 8 GPUs: rank (8 ranks)");
  CHECK(trace.tracks.at(trace.order[2]).name == "gather");
}

TEST_CASE("slices carry times, names and annotations of their spans") {
  const Result r = fake::result();
  const Trace trace(to_perfetto(r));
  const Track& gather = trace.tracks.at(trace.order[2]);
  const StreamTrack& stream = r.points[0].timeline.roles[0].streams[1];
  REQUIRE(gather.slices.size() == stream.spans.size());
  for (std::size_t i = 0; i < stream.spans.size(); ++i) {
    CHECK(std::abs(static_cast<double>(gather.slices[i].begin) - stream.spans[i].start.value * 1e9) <= 0.5);
    CHECK(std::abs(static_cast<double>(gather.slices[i].end) - stream.spans[i].end.value * 1e9) <= 0.5);
  }
  const Slice& slice = gather.slices[3];
  CHECK(slice.name == "all_gather layer 3, 157 MB, ring, 8 ranks");
  CHECK(slice.category == "communication");
  CHECK(slice.annotations ==
        std::map<std::string, std::string>{{"bytes", "157300000"}, {"algorithm", "ring, 8 ranks"}});
  const Slice& compute = trace.tracks.at(trace.order[1]).slices[0];
  CHECK(compute.name == "forward layer 0");
  CHECK(compute.annotations.empty());
}

TEST_CASE("a result without timelines is an empty trace") {
  Result r;
  CHECK(to_perfetto(r).empty());
}
