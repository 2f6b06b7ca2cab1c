// Fields of a stack.
#include <fmt/format.h>

#include "catalog/fields.hpp"

namespace aifsim::catalog {

template <>
struct TableOf<UsualTraining> {
  static Table<UsualTraining> make() {
    using T = UsualTraining;
    return {{
                optional("recompute", &T::recompute, "As in a workload's training."),
                optional("selective", &T::selective,
                         "What tables and logs of it call selective recompute: selective, of modules, or "
                         "per_op."),
                optional("sequence_parallel", &T::sequence_parallel, "With tensor parallelism."),
                optional("sharding", &T::sharding, "As in a workload's training."),
                optional("gradient_precision", &T::gradient_precision, "As in a workload's training."),
                optional("attention", &T::attention, "As in a workload's training."),
                optional("lora_rank", &T::lora_rank, kCount, "Where adapters are trained."),
            },
            [](Reader& reader, const Node& node, const UsualTraining& usual) {
              if (usual.selective != Recompute::selective && usual.selective != Recompute::per_op)
                reader.problem_in(
                    node, "selective",
                    fmt::format("must be selective or per_op, found {}", word_of(usual.selective)));
            }};
  }
};

template <>
struct TableOf<StackOffers> {
  static Table<StackOffers> make() {
    using T = StackOffers;
    return {{
                optional("sharding", &T::sharding, "Ways to share the state among data-parallel ranks."),
                optional("pipeline_schedule", &T::pipeline_schedule, "Orders of a pipeline's passes."),
                optional("tensor_parallel", &T::tensor_parallel, "Whether it splits layers among ranks."),
                optional("context_parallel", &T::context_parallel, "Whether it splits sequences."),
                optional("pipeline_parallel", &T::pipeline_parallel, "Whether it has pipelines."),
                optional("virtual_stages", &T::virtual_stages, "Whether a stage may have several pieces."),
            },
            {}};
  }
};

template <>
struct TableOf<StackSuccession> {
  static Table<StackSuccession> make() {
    using T = StackSuccession;
    return {{
                required("of", &T::of, "The other stack, as tables call it."),
                optional("from_container", &T::from_container, {.min = 1, .max = 99},
                         "Release of the container in the row's `source`, as year.month; and later ones."),
                optional("precisions", &T::precisions, "Precisions of the row."),
                optional("gpus", &T::gpus, "GPU models of the row."),
            },
            {}};
  }
};

Table<StackDescription> TableOf<StackDescription>::make() {
  using T = StackDescription;
  return {
      {
          kind_field<T>({"stack"}, nullptr, "The kind of this file."),
          required("title", &T::title, "Name for people."),
          required("source", &T::source, "Where its constants come from."),
          optional("known_as", &T::known_as, "What tables of measured runs call it."),
          part("succeeds", &T::succeeds,
               "Rows of such tables that name another stack but ran this one, as their source tells."),
          required("host_per_step", &T::host_per_step, kNotNegative,
                   "Host time once per optimizer step: bookkeeping, data, logging."),
          optional("host_per_layer", &T::host_per_layer, kNotNegative,
                   "Host time to dispatch one pass, forward or backward, of a layer, besides its kernels' "
                   "launches; the GPU waits where it is done sooner."),
          optional("host_per_expert_layer", &T::host_per_expert_layer, kNotNegative,
                   "The same of a layer with experts."),
          optional(
              "host_per_layer_shard", &T::host_per_layer_shard, kNotNegative,
              "zero1 and zero2, once per optimizer step, layer and rank that shares the optimizer's state: "
              "host time to copy that rank's part of the layer's parameters, "
              "tensor by tensor."),
          optional(
              "host_per_tensor_rank", &T::host_per_tensor_rank, kNotNegative,
              "Added to the two above for each tensor-parallel rank (of 2 and more) where a pipeline crosses "
              "nodes."),
          optional(
              "host_per_tensor_exchange", &T::host_per_tensor_exchange, kNotNegative,
              "Host time of each collective that a layer waits for in its tensor-parallel group, for each "
              "further node that the group spans; the GPU waits meanwhile."),
          optional(
              "elementwise_passes", &T::elementwise_passes, {.min = 1, .max = 10},
              "Bytes that a layer's norms, activations, sums and copies move, over those of kernels that "
              "read and write each activation once."),
          optional("expert_passes", &T::expert_passes, {.min = 1, .max = 20},
                   "The same of the passes that route, sort and join tokens around experts."),
          optional("host_optimizer_rate", &T::host_optimizer_rate, {.min = 1e6, .max = 1e15},
                   "Parameters per second that the CPUs of a node update where the optimizer is offloaded, "
                   "for all its "
                   "GPUs together; 4.5e9, an order of magnitude for two sockets, is assumed, not measured."),
          required("compute_slowdown", &T::compute_slowdown, kRatio,
                   "Extra time of a kernel, as a ratio, while a collective runs on its GPU."),
          optional(
              "launch", &T::launch,
              "How the host launches kernels, at `host` of the GPU's file: eager (a framework's own mode), "
              "compiled, graph (CUDA graphs); none where it costs nothing."),
          optional("prefetch", &T::prefetch, {.min = 0, .max = 1e5, .whole = true},
                   "All-gathers issued ahead of the layer that needs them."),
          optional("max_gathers_in_flight", &T::max_gathers_in_flight, {.min = 1, .max = 1e5, .whole = true},
                   "FSDP's rate limiter."),
          optional("bucket_layers", &T::bucket_layers, {.min = 1, .max = 1e5, .whole = true},
                   "Layers per gradient bucket (ddp, zero1, zero2)."),
          optional(
              "bucket_size", &T::bucket_size, kPositive,
              "ddp: gradients, in bytes of the format of compute, that one all-reduce takes at most, as the "
              "buckets of PyTorch's DDP (25 MiB); where it is left out, a bucket of layers is one."),
          optional(
              "fuses_elementwise", &T::fuses_elementwise,
              "Whether kernels join an activation with its product, and rotate in place; else the results of "
              "single operations are kept for the backward pass, too."),
          optional(
              "cuts_by", &T::cuts_by,
              "How a pipeline is cut: layers, equally many; work, with the output head counted as the layers "
              "that it costs."),
          optional(
              "keeps_gathered", &T::keeps_gathered,
              "With sequence parallelism: whether activations gathered before a product are kept for the "
              "backward pass, not gathered again."),
          optional(
              "logit_bytes", &T::logit_bytes, {.min = 0, .max = 100},
              "Bytes held per logit between the head's forward and backward pass; 10 = in 16 bits and twice "
              "in 32."),
          optional("allocated_per_held", &T::allocated_per_held, {.min = 1, .max = 3},
                   "Bytes that the allocator takes for activations over those that are held, with what is "
                   "held for "
                   "a moment."),
          optional("reduce_buffer", &T::reduce_buffer, {.min = 0, .max = 8, .whole = true},
                   "With ddp, zero1 and zero2 over several data-parallel ranks: bytes per parameter that a "
                   "rank holds "
                   "besides, to reduce, gather or scatter."),
          optional("library_memory", &T::library_memory, kNotNegative,
                   "That libraries hold on each GPU beside the program, as their workspaces."),
          optional("optimizer_kernels", &T::optimizer_kernels,
                   "foreach: a kernel for each elementary operation; fused: one pass over the state."),
          optional("fuses_accumulation", &T::fuses_accumulation,
                   "Whether products add gradients of weights to those of earlier micro-steps themselves."),
          optional(
              "reduces_after_backward", &T::reduces_after_backward,
              "Which of ddp, zero1 and zero2 reduce gradients behind the backward pass; where it is left "
              "out, all reduce them while it goes on."),
          optional("reduces_whole_gradients", &T::reduces_whole_gradients,
                   "zero1: whether gradients are summed by an all-reduce, as those of ddp, in place of a "
                   "reduce-scatter."),
          optional("ends_apart", &T::ends_apart,
                   "zero3 and hsdp: whether the embedding and the head are gathered one after the other, so "
                   "that a GPU never holds both; else both at once."),
          optional(
              "narrow_weights", &T::narrow_weights,
              "Precisions whose linear layers' weights are held in the narrow format alone, where a rank "
              "has all of them (fp8_param); else beside those in 16 bits."),
          optional("overlaps_parameters", &T::overlaps_parameters,
                   "zero1, zero2: whether parameters are gathered while the next forward pass goes on."),
          optional(
              "broadcasts_parameters", &T::broadcasts_parameters,
              "zero1, zero2: whether each rank sends the tensors that it has updated to all others, one rank "
              "after the other, rather than all ranks gather them at once."),
          optional("overlaps_stages", &T::overlaps_stages,
                   "Whether a pipeline's transfers go on beside its kernels."),
          optional("overlaps_tensor", &T::overlaps_tensor,
                   "Whether exchanges of tensor parallelism go on beside the product that they belong to."),
          optional("overlaps_experts", &T::overlaps_experts,
                   "Whether exchanges with experts go on beside the kernels of another micro-batch: one's "
                   "forward pass beside the other's backward pass."),
          optional(
              "forwards_tokens", &T::forwards_tokens,
              "Whether a token goes to experts once for each node, whose links take it on to their ranks "
              "(DeepEP, HybridEP), rather than once for each rank."),
          optional("usual", &T::usual,
                   "What it does where a table of measured runs leaves it open; a workload says it itself."),
          optional("offers", &T::offers, "What it can do: `aifsim search` stays within it."),
      },
      [](Reader& reader, const Node& node, const StackDescription& stack) {
        for (const Precision precision : stack.narrow_weights)
          if (precision <= Precision::fp16)
            reader.problem_in(node, "narrow_weights",
                              fmt::format("{} has no narrower format than its weights; fp8 to nvfp4 have",
                                          word_of(precision)));
      }};
}

}  // namespace aifsim::catalog
