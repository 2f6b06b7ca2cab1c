#include "program/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace aifsim {
namespace {

struct KindName {
  CollectiveKind kind;
  const char* name;
};
constexpr auto kinds = std::to_array<KindName>({{CollectiveKind::all_gather, "all_gather"},
                                                {CollectiveKind::reduce_scatter, "reduce_scatter"},
                                                {CollectiveKind::all_reduce, "all_reduce"},
                                                {CollectiveKind::broadcast, "broadcast"},
                                                {CollectiveKind::reduce, "reduce"},
                                                {CollectiveKind::gather, "gather"},
                                                {CollectiveKind::scatter, "scatter"},
                                                {CollectiveKind::all_to_all, "all_to_all"},
                                                {CollectiveKind::expert_dispatch, "expert_dispatch"},
                                                {CollectiveKind::expert_combine, "expert_combine"},
                                                {CollectiveKind::send_receive, "send_receive"},
                                                {CollectiveKind::barrier, "barrier"}});

const AxisSlice* slice_along(const std::vector<AxisSlice>& slices, const std::string& axis) {
  const auto at =
      std::find_if(slices.begin(), slices.end(), [&](const AxisSlice& s) { return s.axis == axis; });
  return at == slices.end() ? nullptr : &*at;
}

// Appends the coordinates of one axis, all of them without a slice.
void append(RankLattice& to, const Mesh& mesh, std::size_t axis, const AxisSlice* slice,
            bool from_zero = false) {
  const std::int64_t stride = mesh.stride(axis);
  if (!slice) return to.add(mesh.axes()[axis].size, stride);
  if (!from_zero) to.first += slice->first * stride;
  to.add(slice->count > 0 ? slice->count : mesh.axes()[axis].size, slice->step * stride);
}

}  // namespace

const char* name_of(CollectiveKind kind) { return kinds[static_cast<std::size_t>(kind)].name; }

std::span<const CollectiveKind> collective_kinds() {
  static constexpr auto list = [] {
    std::array<CollectiveKind, kinds.size()> all{};
    for (std::size_t i = 0; i < kinds.size(); ++i) all[i] = kinds[i].kind;
    return all;
  }();
  return list;
}

std::string StepLabel::str(std::int64_t run) const {
  const std::size_t mark = text.find('#');
  if (mark == std::string::npos) return text;
  return text.substr(0, mark) + std::to_string(first + run * step) + text.substr(mark + 1);
}

Program single_collective(std::int64_t ranks, const Collective& what, const std::string& label) {
  Program program;
  program.meshes.emplace_back(std::vector<MeshAxis>{{"rank", ranks}});
  program.groups = {{"world", {{"rank"}}}};
  program.roles.push_back({"rank", {}, {{"main", {{what, label}}}}});
  return program;
}

RankLattice ranks_of(const Program& program, const Role& role) {
  const Mesh& mesh = program.meshes.front();
  RankLattice ranks;
  for (std::size_t i = 0; i < mesh.axes().size(); ++i)
    append(ranks, mesh, i, slice_along(role.at, mesh.axes()[i].name));
  return ranks;
}

GroupRanks groups_of(const Program& program, const Group& group, const Role& role) {
  if (group.ranks) return *group.ranks;
  const Mesh& mesh = program.meshes[group.mesh];
  GroupRanks all;
  for (std::size_t i = 0; i < mesh.axes().size(); ++i) {
    const std::string& axis = mesh.axes()[i].name;
    if (const AxisSlice* over = slice_along(group.over, axis)) {
      append(all.members, mesh, i, over, true);
      all.bases.first += over->first * mesh.stride(i);
    } else {
      append(all.bases, mesh, i, slice_along(role.at, axis));
    }
  }
  return all;
}

GroupRanks pairs_of(const Program& program, const Send& send, const Role& role) {
  const Mesh& mesh = program.meshes.front();
  const std::size_t axis = *mesh.find(send.axis);
  const AxisSlice* at = slice_along(role.at, send.axis);
  const std::int64_t size = mesh.axes()[axis].size;
  const std::int64_t last = at && at->count > 0 ? at->first + (at->count - 1) * at->step : size - 1;
  if (!at || (at->count != 1 && (at->first + send.by < 0 || last + send.by >= size)))
    throw std::logic_error(
        fmt::format("role {} sends or receives along {}, round whose end some of its ranks would reach",
                    role.name, send.axis));
  const std::int64_t to = ((at->first + send.by) % size + size) % size;
  return {ranks_of(program, role), {0, {{2, (to - at->first) * mesh.stride(axis)}}}};
}

GroupRanks pairs_to(const Program& program, const Receive& receive, const Role& role) {
  Role sender{role.name, role.at, {}};
  for (AxisSlice& at : sender.at)
    if (at.axis == receive.axis) {
      const std::int64_t size = program.meshes.front().axes()[*program.meshes.front().find(at.axis)].size;
      at.first = ((at.first - receive.by) % size + size) % size;
    }
  return pairs_of(program, {receive.axis, receive.by, receive.bytes, receive.channel}, sender);
}

}  // namespace aifsim
