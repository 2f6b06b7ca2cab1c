#include "program/program.hpp"

#include <array>

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

}  // namespace aifsim
