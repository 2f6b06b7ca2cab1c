// Field tables of the collective models: one field per constant, from collective_constants.cpp.
#include <fmt/format.h>

#include <utility>

#include "catalog/fields.hpp"

namespace aifsim::catalog {

namespace {

template <class T, class V>
Field<T> constant_as(const ModelConstant<T>& c) {
  // A fit stays inside the bounds, a person may leave them.
  const Limits limits = c.unit == ModelUnit::number ? kPositive : kNotNegative;
  Field<T> field;
  field.property = {c.key, c.doc, true, "", "", true, {Codec<Figure<V>>::shape(limits)}};
  field.read = [member = c.member, limits](Reader& r, const Node& n, T& out) {
    Figure<V> figure;
    if (!Codec<Figure<V>>::read(r, n, figure, limits)) return;
    if constexpr (std::is_same_v<V, double>) {
      out.*member = figure.value;
    } else {
      out.*member = figure.value.value;
    }
  };
  return field;
}

template <class T>
Field<T> constant(const ModelConstant<T>& c) {
  switch (c.unit) {
    case ModelUnit::seconds:
    case ModelUnit::ramp:
      return constant_as<T, Seconds>(c);
    case ModelUnit::bytes:
      return constant_as<T, Bytes>(c);
    case ModelUnit::bandwidth:
      return constant_as<T, BytesPerSecond>(c);
    case ModelUnit::number:
      break;
  }
  return constant_as<T, double>(c);
}

constexpr ModelConstant<AlphaBeta> kAlphaBeta[] = {
    {"alpha", &AlphaBeta::alpha, ModelUnit::seconds, 1e-8, 1e-2, 1e-5, 0, "Per doubling of the ranks."},
    {"beta", &AlphaBeta::beta, ModelUnit::bandwidth, 1e7, 1e13, 1e10, 0,
     "Volume that a rank must send, per second."},
};

template <class T>
void finish(Table<T>& table) {
  for (const ModelConstant<T>& c : model_constants<T>()) table.fields.push_back(constant(c));
  table.fields.push_back(required("control", &T::control, "Alpha-beta law of the same rows, to compare."));
  table.fields.push_back(required("fit", &T::fit, "Where the constants come from and how far they hold."));
}

}  // namespace

Table<AlphaBeta> TableOf<AlphaBeta>::make() {
  Table<AlphaBeta> table;
  for (const auto& c : kAlphaBeta) table.fields.push_back(constant(c));
  return table;
}

template <>
struct TableOf<KernelModel> {
  static Table<KernelModel> make() {
    Table<KernelModel> table{
        {required("engine", &KernelModel::engine, "vllm, sglang, sglang2 (0.5.14 and later) or trtllm.")},
        {}};
    finish(table);
    return table;
  }
};

template <>
struct TableOf<StepModel> {
  static Table<StepModel> make() {
    using T = StepModel;
    Table<T> table{
        {
            required(
                "library", &T::library,
                "OMPI or CRAY_MPICH, followed by \"over TCP\" where its messages within a node are too."),
            required("gpu_buffers", &T::gpu_buffers, "Whether the buffers lie in GPU memory."),
        },
        {}};
    finish(table);
    return table;
  }
};

template <>
struct TableOf<ExchangeModel> {
  static Table<ExchangeModel> make() {
    using T = ExchangeModel;
    Table<T> table{{
                       required("kernel", &T::kernel, "Which of the two kernels."),
                       required("half", &T::half, "Tokens to their experts, or back."),
                   },
                   {}};
    finish(table);
    return table;
  }
};

namespace {

// Blocks for the same as one before: the later ones would never be met.
template <class T, class Subject>
void tell_twice(Reader& reader, const Node& models, const char* key, const std::vector<T>& blocks,
                Subject subject) {
  for (std::size_t i = 0; i < blocks.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (subject(blocks[j]) == subject(blocks[i])) {
        const std::vector<Node>& nodes = models.find(key)->items;
        reader.problem(nodes[i].place,
                       fmt::format("{}: stands in this list already, in line {}", key, nodes[j].place.line));
        break;
      }
}

}  // namespace

Table<CollectiveModels> TableOf<CollectiveModels>::make() {
  using T = CollectiveModels;
  return {{
              optional("kernels", &T::kernels, "Inference engines' own all-reduce kernels."),
              optional("steps", &T::steps, "MPI, algorithm by algorithm."),
              optional("experts", &T::experts, "Expert dispatch and combine."),
          },
          [](Reader& reader, const Node& node, const T& models) {
            tell_twice(reader, node, "kernels", models.kernels,
                       [](const KernelModel& k) { return k.engine; });
            tell_twice(reader, node, "steps", models.steps,
                       [](const StepModel& s) { return std::pair(s.library, s.gpu_buffers); });
            tell_twice(reader, node, "experts", models.experts,
                       [](const ExchangeModel& e) { return std::pair(e.kernel, e.half); });
          }};
}

}  // namespace aifsim::catalog
