// Field tables of the collective models: one field per constant, from collective_constants.cpp.
#include "catalog/fields.hpp"

namespace aifsim::catalog {

template <>
struct TableOf<AlphaBeta> {
  static Table<AlphaBeta> make();
};

template <>
struct TableOf<Campaign> {
  static Table<Campaign> make() {
    using T = Campaign;
    return {{
                required("nodes", &T::nodes, kCount, "Nodes of the job."),
                required("ranks_per_node", &T::ranks_per_node, kCount, "Its ranks per node."),
                optional("rails", &T::rails, kCount,
                         "NICs that it let a message be spread over (UCX_MAX_RNDV_RAILS), where it said so."),
                required("latency_factor", &T::latency_factor, kPositive,
                         "Latency between nodes in these rows, over the block's."),
                required("transfer_factor", &T::transfer_factor, kPositive,
                         "Time per byte between nodes in these rows, over the block's."),
            },
            {}};
  }
};

template <>
struct TableOf<Implementation> {
  static Table<Implementation> make() {
    using T = Implementation;
    return {{
                required("collective", &T::collective, "The collective."),
                required("algorithm", &T::algorithm, "Its algorithm, and whose, as tables name it."),
                required("latency_factor", &T::latency_factor, kPositive,
                         "Its time per message, over what its steps cost."),
                required("byte_factor", &T::byte_factor, kPositive,
                         "Its time per byte, over what its steps cost."),
            },
            {}};
  }
};

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
struct TableOf<NodeModel> {
  static Table<NodeModel> make() {
    Table<NodeModel> table;
    finish(table);
    return table;
  }
};

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

namespace {

// Entries of a list that stand for the same as one before: the later ones would never be met.
template <class T, class Same>
void tell_twice(Reader& reader, const Node& block, const char* key, const std::vector<T>& entries,
                Same same) {
  for (std::size_t i = 0; i < entries.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (same(entries[j], entries[i])) {
        const Node& first = block.find(key)->items[j];
        reader.problem(block.find(key)->items[i].place,
                       fmt::format("{}: stands in this list already, in line {}", key, first.place.line));
        break;
      }
}

}  // namespace

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
            optional("campaigns", &T::campaigns,
                     "State of the machine while rows of one job shape were taken."),
            optional("implementations", &T::implementations,
                     "How programs' versions of algorithms differ from what their steps cost."),
        },
        [](Reader& reader, const Node& block, const T& model) {
          tell_twice(reader, block, "campaigns", model.campaigns, [](const Campaign& a, const Campaign& b) {
            return a.nodes == b.nodes && a.ranks_per_node == b.ranks_per_node && a.rails == b.rails;
          });
          tell_twice(reader, block, "implementations", model.implementations,
                     [](const Implementation& a, const Implementation& b) {
                       return a.collective == b.collective && a.algorithm == b.algorithm;
                     });
        }};
    finish(table);
    return table;
  }
};

template <>
struct TableOf<ClusterModel> {
  static Table<ClusterModel> make() {
    Table<ClusterModel> table;
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

Table<CollectiveModels> TableOf<CollectiveModels>::make() {
  using T = CollectiveModels;
  return {{
              optional("node", &T::node, "A vendor's library inside a node; one entry."),
              optional("kernels", &T::kernels, "Inference engines' own all-reduce kernels."),
              optional("steps", &T::steps, "MPI, algorithm by algorithm."),
              optional("cluster", &T::cluster, "All-reduce of GPU buffers over several nodes; one entry."),
              optional("experts", &T::experts, "Expert dispatch and combine."),
          },
          {}};
}

}  // namespace aifsim::catalog
