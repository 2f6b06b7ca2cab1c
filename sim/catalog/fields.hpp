// The tables of the kinds of files; each is in the .cpp of its kind.
#pragma once
#include "catalog/field.hpp"

namespace aifsim::catalog {

template <>
struct TableOf<GpuDescription> {
  static Table<GpuDescription> make();
};
template <>
struct TableOf<FitInfo> {
  static Table<FitInfo> make();
};
template <>
struct TableOf<GemmConstants> {
  static Table<GemmConstants> make();
};
template <>
struct TableOf<AttentionConstants> {
  static Table<AttentionConstants> make();
};
template <>
struct TableOf<AttentionBackward> {
  static Table<AttentionBackward> make();
};
template <>
struct TableOf<DecodeConstants> {
  static Table<DecodeConstants> make();
};
template <>
struct TableOf<StreamingConstants> {
  static Table<StreamingConstants> make();
};
template <>
struct TableOf<ExpertConstants> {
  static Table<ExpertConstants> make();
};
template <>
struct TableOf<HostConstants> {
  static Table<HostConstants> make();
};
template <>
struct TableOf<AttentionPower> {
  static Table<AttentionPower> make();
};
template <>
struct TableOf<PowerConstants> {
  static Table<PowerConstants> make();
};
template <>
struct TableOf<AlphaBeta> {
  static Table<AlphaBeta> make();
};

template <>
struct TableOf<CollectiveModels> {
  static Table<CollectiveModels> make();
};
template <>
struct TableOf<PlatformDescription> {
  static Table<PlatformDescription> make();
};
template <>
struct TableOf<CheckpointDescription> {
  static Table<CheckpointDescription> make();
};
template <>
struct TableOf<FailureDescription> {
  static Table<FailureDescription> make();
};
template <>
struct TableOf<OffloadDescription> {
  static Table<OffloadDescription> make();
};
template <>
struct TableOf<FileSystemDescription> {
  static Table<FileSystemDescription> make();
};
template <>
struct TableOf<StorageTierDescription> {
  static Table<StorageTierDescription> make();
};
template <>
struct TableOf<SharedDeviceDescription> {
  static Table<SharedDeviceDescription> make();
};
template <>
struct TableOf<DrivesDescription> {
  static Table<DrivesDescription> make();
};
template <>
struct TableOf<FacilityDescription> {
  static Table<FacilityDescription> make();
};
template <>
struct TableOf<PowerDescription> {
  static Table<PowerDescription> make();
};
template <>
struct TableOf<CostDescription> {
  static Table<CostDescription> make();
};
template <>
struct TableOf<HplDescription> {
  static Table<HplDescription> make();
};

template <>
struct TableOf<PublishedDescription> {
  static Table<PublishedDescription> make();
};
template <>
struct TableOf<FabricDescription> {
  static Table<FabricDescription> make();
};
template <>
struct TableOf<JoinedMachine> {
  static Table<JoinedMachine> make();
};
template <>
struct TableOf<WorkloadDescription> {
  static Table<WorkloadDescription> make();
};
template <>
struct TableOf<TrainingDescription> {
  static Table<TrainingDescription> make();
};
template <>
struct TableOf<StackDescription> {
  static Table<StackDescription> make();
};
template <>
struct TableOf<ScenarioDescription> {
  static Table<ScenarioDescription> make();
};

Field<ScenarioDescription> sweep_field();
// A list, or a range {from, to, times} or {from, to, step}.
void read_axis_values(Reader& reader, const Node& node, std::vector<std::shared_ptr<const Node>>& values,
                      bool distinct);
// Any keys of a training block, over what `training` holds.
void read_training_change(Reader& reader, const Node& node, TrainingDescription& training);

// Keys of a training block that do not go together. In a scenario, what clashes with a key that it sweeps waits for the
// points.
void check_training(Reader& reader, const Node& node, const TrainingDescription& training);

// Values that are right each alone and do not go together, of the workload's model and of how it is trained: after a
// variant or a sweep another way than its file says.
std::vector<Problem> clashes_of(const WorkloadDescription& workload);

// Appends the edges of a graph that a CSV file holds.
void read_edges(Reader& reader, const Node& file_name, GraphDescription& graph);
// Hour by hour figures of a site.
void read_hours(Reader& reader, const Node& file_name, FacilityDescription& site);
// What a file that a description names holds; InputError where it cannot be read.
std::string text_of_named_file(const Node& file_name);
// Rules of each topology between its fields.
void check_joined(Reader& reader, const Node& root, const FabricDescription& fabric);
void check_fabric(Reader& reader, const Node& node, const FabricDescription& description);
// Tiers' names, and their servers' places on the fabric.
void check_storage(Reader& reader, const Node& root, const PlatformDescription& platform);
// Every device that the wiring names exists, no pair is wired twice, and the node hangs together.
void check_wiring(Reader& reader, const Node& node, const NodeDescription& description);

}  // namespace aifsim::catalog
