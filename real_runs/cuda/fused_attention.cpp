#include "cuda/fused_attention.hpp"

#include <cmath>
#include <limits>

static_assert(CUDNN_VERSION >= 90800, "cuDNN 9.8 or later: plans for a description of a device");

namespace real_runs::cuda {
namespace {

template <class Error = Unsupported>
void check(cudnnStatus_t status, const char* call) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  std::array<char, 512> text{};
  cudnnGetLastErrorString(text.data(), text.size());
  throw Error(std::string(call) + ": " + cudnnGetErrorString(status) + " " + text.data());
}
#define CUDNN_CHECK(call) check((call), #call)

CudnnObject create(cudnnBackendDescriptorType_t type) {
  cudnnBackendDescriptor_t raw = nullptr;
  CUDNN_CHECK(cudnnBackendCreateDescriptor(type, &raw));
  return {raw, [](cudnnBackendDescriptor_t d) { cudnnBackendDestroyDescriptor(d); }};
}

void set(const CudnnObject& object, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
         std::int64_t count, const void* values) {
  CUDNN_CHECK(cudnnBackendSetAttribute(object.get(), name, type, count, values));
}
template <class T>
void set(const CudnnObject& object, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
         T value) {
  set(object, name, type, 1, &value);
}
void set(const CudnnObject& object, cudnnBackendAttributeName_t name, const CudnnObject& value) {
  set(object, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, value.get());
}
void finalize(const CudnnObject& object) { CUDNN_CHECK(cudnnBackendFinalize(object.get())); }

using Dims = std::array<std::int64_t, 4>;
Dims packed(const Dims& d) { return {d[1] * d[2] * d[3], d[2] * d[3], d[3], 1}; }
Dims transposed(const Dims& d) { return {d[0], d[1], d[3], d[2]}; }

struct Node {  // a tensor of the graph
  CudnnObject object;
  Dims dims, strides;
};

constexpr std::int64_t kScale = 100, kMinusInfinity = 101, kOne = 102, kFirstInner = 200;  // identifiers

class Graph {
 public:
  explicit Graph(const FusedShape& s)
      : s_(s), scores_{s.batch, s.heads, s.sequence, s.sequence}, rows_{s.batch, s.heads, s.sequence, 1} {}

  Node memory(FusedAttention::Tensor which, bool transpose = false) {
    using F = FusedAttention;
    const bool kv = which == F::kK || which == F::kV || which == F::kDK || which == F::kDV;
    const bool row = which == F::kStats || which == F::kDelta;
    const Dims dims = row ? rows_ : Dims{s_.batch, kv ? s_.kv_heads : s_.heads, s_.sequence, s_.head_dim};
    const bool fp32 = row || which == F::kDQSum;
    const Dims strides = packed(dims);
    bool known = false;
    for (const F::Tensor t : used) known = known || t == which;
    if (!known) used.push_back(which);
    return tensor(which, transpose ? transposed(dims) : dims, transpose ? transposed(strides) : strides,
                  fp32 ? CUDNN_DATA_FLOAT : CUDNN_DATA_BFLOAT16, false, false);
  }
  Node scalar(std::int64_t id) {
    return tensor(id, {1, 1, 1, 1}, {1, 1, 1, 1}, CUDNN_DATA_FLOAT, false, true);
  }
  Node inner(const Dims& dims, cudnnDataType_t type = CUDNN_DATA_FLOAT) {
    return tensor(next_++, dims, packed(dims), type, true, false);
  }
  Node scores(cudnnDataType_t type = CUDNN_DATA_FLOAT) { return inner(scores_, type); }
  Node rows() { return inner(rows_); }

  Node matmul(const Node& a, const Node& b, const Node& c) {
    const CudnnObject kind = create(CUDNN_BACKEND_MATMUL_DESCRIPTOR);
    set(kind, CUDNN_ATTR_MATMUL_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT);
    finalize(kind);
    const CudnnObject op = create(CUDNN_BACKEND_OPERATION_MATMUL_DESCRIPTOR);
    set(op, CUDNN_ATTR_OPERATION_MATMUL_DESC, kind);
    set(op, CUDNN_ATTR_OPERATION_MATMUL_ADESC, a.object);
    set(op, CUDNN_ATTR_OPERATION_MATMUL_BDESC, b.object);
    set(op, CUDNN_ATTR_OPERATION_MATMUL_CDESC, c.object);
    return done(op, c);
  }
  Node reduce(cudnnReduceTensorOp_t operation, const Node& x, const Node& y) {
    const CudnnObject kind = create(CUDNN_BACKEND_REDUCTION_DESCRIPTOR);
    set(kind, CUDNN_ATTR_REDUCTION_OPERATOR, CUDNN_TYPE_REDUCTION_OPERATOR_TYPE, operation);
    set(kind, CUDNN_ATTR_REDUCTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT);
    finalize(kind);
    const CudnnObject op = create(CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR);
    set(op, CUDNN_ATTR_OPERATION_REDUCTION_DESC, kind);
    set(op, CUDNN_ATTR_OPERATION_REDUCTION_XDESC, x.object);
    set(op, CUDNN_ATTR_OPERATION_REDUCTION_YDESC, y.object);
    return done(op, y);
  }
  // y = mode(x, b, by the choice t).
  Node pointwise(cudnnPointwiseMode_t mode, const Node& x, const Node* b, const Node& y,
                 cudnnDataType_t compute = CUDNN_DATA_FLOAT, std::int64_t axis = -1,
                 const Node* t = nullptr) {
    const CudnnObject kind = create(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
    set(kind, CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, mode);
    set(kind, CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, compute);
    if (axis >= 0) set(kind, CUDNN_ATTR_POINTWISE_AXIS, CUDNN_TYPE_INT64, axis);
    finalize(kind);
    const CudnnObject op = create(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    set(op, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, kind);
    set(op, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x.object);
    if (b) set(op, CUDNN_ATTR_OPERATION_POINTWISE_BDESC, b->object);
    if (t) set(op, CUDNN_ATTR_OPERATION_POINTWISE_TDESC, t->object);
    set(op, CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y.object);
    return done(op, y);
  }
  // The same numbers with the last two dimensions exchanged.
  Node transpose(const Node& x, cudnnDataType_t type) {
    const Node y = tensor(next_++, transposed(x.dims), transposed(x.strides), type, true, false);
    const CudnnObject op = create(CUDNN_BACKEND_OPERATION_RESHAPE_DESCRIPTOR);
    set(op, CUDNN_ATTR_OPERATION_RESHAPE_XDESC, x.object);
    set(op, CUDNN_ATTR_OPERATION_RESHAPE_YDESC, y.object);
    return done(op, y);
  }
  // Scores above the diagonal become minus infinity: a token sees itself and those before it.
  Node causal(const Node& scores_in) {
    const Node row = pointwise(CUDNN_POINTWISE_GEN_INDEX, scores_in, nullptr, scores(CUDNN_DATA_INT32),
                               CUDNN_DATA_INT32, 2);
    const Node column = pointwise(CUDNN_POINTWISE_GEN_INDEX, scores_in, nullptr, scores(CUDNN_DATA_INT32),
                                  CUDNN_DATA_INT32, 3);
    const Node seen =
        pointwise(CUDNN_POINTWISE_CMP_GE, row, &column, scores(CUDNN_DATA_BOOLEAN), CUDNN_DATA_BOOLEAN);
    const Node lowest = scalar(kMinusInfinity);
    return pointwise(CUDNN_POINTWISE_BINARY_SELECT, scores_in, &lowest, scores(), CUDNN_DATA_FLOAT, -1,
                     &seen);
  }

  CudnnObject finish() {
    std::vector<cudnnBackendDescriptor_t> raw;
    for (const CudnnObject& op : operations_) raw.push_back(op.get());
    const CudnnObject graph = create(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    set(graph, CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR,
        static_cast<std::int64_t>(raw.size()), raw.data());
    finalize(graph);
    return graph;
  }

  std::vector<FusedAttention::Tensor> used;
  const std::vector<CudnnObject>& operations() const { return operations_; }

 private:
  Node tensor(std::int64_t id, const Dims& dims, const Dims& strides, cudnnDataType_t type, bool is_virtual,
              bool by_value) {
    const CudnnObject t = create(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    set(t, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, id);
    set(t, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, type);
    set(t, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, std::int64_t{16});
    set(t, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 4, dims.data());
    set(t, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4, strides.data());
    set(t, CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, is_virtual);
    set(t, CUDNN_ATTR_TENSOR_IS_BY_VALUE, CUDNN_TYPE_BOOLEAN, by_value);
    finalize(t);
    return {t, dims, strides};
  }
  Node done(const CudnnObject& operation, const Node& result) {
    finalize(operation);
    operations_.push_back(operation);
    return result;
  }

  FusedShape s_;
  Dims scores_, rows_;
  std::int64_t next_ = kFirstInner;
  std::vector<CudnnObject> operations_;
};

void forward(Graph& g) {
  using F = FusedAttention;
  const Node scale = g.scalar(kScale);
  const Node product = g.matmul(g.memory(F::kQ), g.memory(F::kK, true), g.scores());
  const Node scores = g.causal(g.pointwise(CUDNN_POINTWISE_MUL, product, &scale, g.scores()));
  const Node top = g.reduce(CUDNN_REDUCE_TENSOR_MAX, scores, g.rows());
  const Node shifted = g.pointwise(CUDNN_POINTWISE_SUB, scores, &top, g.scores());
  const Node exponentials = g.pointwise(CUDNN_POINTWISE_EXP, shifted, nullptr, g.scores());
  const Node sum = g.reduce(CUDNN_REDUCE_TENSOR_ADD, exponentials, g.rows());
  const Node log = g.pointwise(CUDNN_POINTWISE_LOG, sum, nullptr, g.rows());
  g.pointwise(CUDNN_POINTWISE_ADD, top, &log, g.memory(F::kStats));
  const Node weights = g.pointwise(CUDNN_POINTWISE_DIV, exponentials, &sum, g.scores(CUDNN_DATA_BFLOAT16));
  g.matmul(weights, g.memory(F::kV), g.memory(F::kOut));
}

void backward(Graph& g, const FusedShape& s) {
  using F = FusedAttention;
  const Node scale = g.scalar(kScale), one = g.scalar(kOne);
  const Node q = g.memory(F::kQ), dout = g.memory(F::kDOut), out = g.memory(F::kOut),
             stats = g.memory(F::kStats);
  const Dims wide{s.batch, s.heads, s.sequence, s.head_dim};
  // The gradient of one key-value head is the sum over the heads that read it.
  const auto per_kv_head = [&](const Node& left, const Node& right, F::Tensor result) {
    if (s.kv_heads == s.heads) {
      g.matmul(left, right, g.memory(result));
    } else {
      const Node each = g.matmul(left, right, g.inner(wide, CUDNN_DATA_BFLOAT16));
      g.reduce(CUDNN_REDUCE_TENSOR_ADD, each, g.memory(result));
    }
  };
  const Node products = g.pointwise(CUDNN_POINTWISE_MUL, dout, &out, g.inner(wide));
  const Node sums = g.reduce(CUDNN_REDUCE_TENSOR_ADD, products, g.rows());
  const Node delta = g.pointwise(CUDNN_POINTWISE_MUL, sums, &one, g.memory(F::kDelta));

  const Node k_transposed = g.memory(F::kK, true);
  const Node product = g.matmul(q, k_transposed, g.scores());
  const Node scaled = g.pointwise(CUDNN_POINTWISE_MUL, product, &scale, g.scores());
  const Node shifted = g.causal(g.pointwise(CUDNN_POINTWISE_SUB, scaled, &stats, g.scores()));
  const Node weights = g.pointwise(CUDNN_POINTWISE_EXP, shifted, nullptr, g.scores());
  per_kv_head(g.transpose(weights, CUDNN_DATA_BFLOAT16), dout, F::kDV);

  const Node dweights = g.matmul(dout, g.memory(F::kV, true), g.scores());
  const Node centred = g.pointwise(CUDNN_POINTWISE_SUB, dweights, &delta, g.scores());
  const Node weighted = g.pointwise(CUDNN_POINTWISE_MUL, centred, &weights, g.scores());
  const Node dscores = g.pointwise(CUDNN_POINTWISE_MUL, weighted, &scale, g.scores(CUDNN_DATA_BFLOAT16));
  per_kv_head(g.transpose(dscores, CUDNN_DATA_BFLOAT16), q, F::kDK);

  const Node k = g.transpose(k_transposed, CUDNN_DATA_BFLOAT16);
  const Node dq = g.matmul(dscores, k, g.memory(F::kDQSum));
  g.pointwise(CUDNN_POINTWISE_IDENTITY, dq, nullptr, g.memory(F::kDQ));
}

struct Plan {
  CudnnObject plan, configuration;
};

// The first of cuDNN's suggestions, best first, that becomes a plan.
Plan plan_for(const CudnnDevice& device, const CudnnObject& graph) {
  const CudnnObject heuristics = create(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  set(heuristics, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
  set(heuristics, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, CUDNN_HEUR_MODE_A);
  set(heuristics, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, CUDNN_TYPE_BACKEND_DESCRIPTOR, device.get());
  std::string reason;
  finalize(heuristics);
  std::int64_t count = 0;
  CUDNN_CHECK(cudnnBackendGetAttribute(heuristics.get(), CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                       CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, &count, nullptr));
  std::vector<CudnnObject> configurations;
  std::vector<cudnnBackendDescriptor_t> raw;
  for (std::int64_t i = 0; i < count; ++i) {
    configurations.push_back(create(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR));
    raw.push_back(configurations.back().get());
  }
  CUDNN_CHECK(cudnnBackendGetAttribute(heuristics.get(), CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                       CUDNN_TYPE_BACKEND_DESCRIPTOR, count, &count, raw.data()));
  for (std::int64_t i = 0; i < count; ++i) {
    const CudnnObject plan = create(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    set(plan, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configurations[static_cast<std::size_t>(i)]);
    set(plan, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, CUDNN_TYPE_BACKEND_DESCRIPTOR, device.get());
    try {
      finalize(plan);
      return {plan, configurations[static_cast<std::size_t>(i)]};
    } catch (const Unsupported& error) {
      reason = error.what();
    }
  }
  throw Unsupported("no engine of cuDNN " + std::to_string(cudnnGetVersion()) + " takes it" +
                    (reason.empty() ? "" : ": " + reason));
}

}  // namespace

CudnnDevice::CudnnDevice(cudnnHandle_t handle) : object_(create(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR)) {
  set(object_, CUDNN_ATTR_DEVICEPROP_HANDLE, CUDNN_TYPE_HANDLE, handle);
  finalize(object_);
}

CudnnDevice::CudnnDevice(const std::string& json) : object_(create(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR)) {
  set(object_, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR,
      static_cast<std::int64_t>(json.size()), json.data());
  finalize(object_);
}

FusedAttention::FusedAttention(const CudnnDevice& device, const FusedShape& shape, bool is_backward)
    : scale_(1 / std::sqrt(static_cast<float>(shape.head_dim))),
      lowest_(std::numeric_limits<float>::lowest()) {
  Graph graph(shape);
  if (is_backward)
    backward(graph, shape);
  else
    forward(graph);
  kept_ = graph.operations();
  kept_.push_back(graph.finish());
  const Plan found = plan_for(device, kept_.back());
  kept_.push_back(found.configuration);
  plan_ = found.plan;
  tensors_ = graph.used;
  std::int64_t bytes = 0, count = 0;
  CUDNN_CHECK(cudnnBackendGetAttribute(plan_.get(), CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE,
                                       CUDNN_TYPE_INT64, 1, &count, &bytes));
  workspace_bytes_ = static_cast<std::size_t>(bytes);
}

CudnnObject FusedAttention::bind(const Pointers& pointers, void* workspace) {
  std::vector<std::int64_t> ids{kScale, kMinusInfinity};
  std::vector<void*> data{&scale_, &lowest_};
  for (const Tensor t : tensors_) {
    ids.push_back(t);
    data.push_back(pointers[t]);
    if (t != kDelta) continue;  // the backward graph's
    ids.push_back(kOne);
    data.push_back(&one_);
  }
  const auto count = static_cast<std::int64_t>(ids.size());
  CudnnObject pack = create(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  set(pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, count, data.data());
  set(pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, count, ids.data());
  set(pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, workspace);
  finalize(pack);
  return pack;
}

void FusedAttention::run(cudnnHandle_t handle, const CudnnObject& bound) const {
  check<std::runtime_error>(cudnnBackendExecute(handle, plan_.get(), bound.get()), "cudnnBackendExecute");
}

}  // namespace real_runs::cuda
