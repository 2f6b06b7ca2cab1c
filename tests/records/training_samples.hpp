// Training logs in the formats that frameworks print, with invented figures.
#pragma once
#include <string>

namespace aifsim::records {

inline const std::string kMegatron =
    R"(using world size: 32, data-parallel size: 4, context-parallel size: 1, tensor-model-parallel size: 4, pipeline-model-parallel size: 2
using torch.bfloat16 for parameters ...
------------------------ arguments ------------------------
  bf16 ............................................ True
  context_parallel_size ........................... 1
  data_parallel_size .............................. 4
  exp_avg_dtype ................................... torch.bfloat16
  expert_model_parallel_size ...................... 1
  ffn_hidden_size ................................. 11008
  fp16 ............................................ False
  fp8 ............................................. None
  global_batch_size ............................... 64
  group_query_attention ........................... True
  hidden_size ..................................... 4096
  micro_batch_size ................................ 2
  num_attention_heads ............................. 32
  num_experts ..................................... None
  num_layers ...................................... 32
  num_query_groups ................................ 8
  pipeline_model_parallel_size .................... 2
  recompute_granularity ........................... selective
  recompute_modules ............................... ['core_attn', 'moe_act']
  seq_length ...................................... 4096
  sequence_parallel ............................... True
  split ........................................... 949,50,1
  tensor_model_parallel_size ...................... 4
  use_distributed_optimizer ....................... True
  use_precision_aware_optimizer ................... True
  virtual_pipeline_model_parallel_size ............ None
  world_size ...................................... 32
-------------------- end of arguments ---------------------
 > padded vocab (size: 32000) with 256 dummy tokens (new size: 32256)
 > number of parameters on (tensor, pipeline) model parallel rank (0, 0): 900000000
 > number of parameters on (tensor, pipeline) model parallel rank (1, 0): 900000000
[before the start of training step] datetime: 2025-01-01 10:00:00
 [2025-01-01 10:01:00] iteration        1/     500 | consumed samples:           64 | elapsed time per iteration (ms): 21234.5 | throughput per GPU (TFLOP/s/GPU): 31.0 | learning rate: 1.0E-06 | global batch size:    64 | lm loss: 1.1E+01 | loss scale: 1.0 | grad norm: 9.0 | number of skipped iterations:   0 | number of nan iterations:   0 |
[Rank 0] (after 1 iterations) memory (MB) | allocated: 12000.1 | max allocated: 30000.5 | reserved: 32768.0 | max reserved: 33792.0
 [2025-01-01 10:01:10] iteration       10/     500 | consumed samples:          640 | elapsed time per iteration (ms): 2500.0 | throughput per GPU (TFLOP/s/GPU): 200.0 | learning rate: 1.0E-06 | global batch size:    64 | lm loss: 9.0E+00 | loss scale: 1.0 | grad norm: 3.0 | number of skipped iterations:   0 | number of nan iterations:   0 |
 [2025-01-01 10:01:35] iteration       20/     500 | consumed samples:         1280 | elapsed time per iteration (ms): 2510.0 | throughput per GPU (TFLOP/s/GPU): 199.0 | learning rate: 1.0E-06 | global batch size:    64 | lm loss: 8.0E+00 | loss scale: 1.0 | grad norm: 2.0 | number of skipped iterations:   0 | number of nan iterations:   0 |
------------------------------------------------------------------------------------------------------------
 validation loss at iteration 20 | lm loss value: 8.0E+00 | lm loss PPL: 2.9E+03 |
------------------------------------------------------------------------------------------------------------
saving checkpoint at iteration      20 to /checkpoints in torch_dist format
 [2025-01-01 10:02:35] iteration       30/     500 | consumed samples:         1920 | elapsed time per iteration (ms): 4000.0 | throughput per GPU (TFLOP/s/GPU): 125.0 | learning rate: 1.0E-06 | global batch size:    64 | lm loss: 7.0E+00 | loss scale: 1.0 | grad norm: 2.0 | number of skipped iterations:   0 | number of nan iterations:   0 |
 [2025-01-01 10:03:00] iteration       40/     500 | consumed samples:         2560 | elapsed time per iteration (ms): 2520.0 | throughput per GPU (TFLOP/s/GPU): 198.0 | learning rate: 1.0E-06 | global batch size:    64 | lm loss: 6.0E+00 | loss scale: 1.0 | grad norm: 2.0 | number of skipped iterations:   0 | number of nan iterations:   0 |
)";

inline const std::string kDeepspeed =
    R"([2025-02-02 08:00:00,100] [INFO] [config.py:1000:print]   bfloat16_enabled ............. True
[2025-02-02 08:00:00,100] [INFO] [config.py:1000:print]   fp16_enabled ................. False
[2025-02-02 08:00:00,100] [INFO] [config.py:1000:print]   gradient_accumulation_steps .. 2
[2025-02-02 08:00:00,100] [INFO] [config.py:1000:print]   train_batch_size ............. 128
[2025-02-02 08:00:00,100] [INFO] [config.py:1000:print]   train_micro_batch_size_per_gpu  4
[2025-02-02 08:00:00,100] [INFO] [config.py:1000:print]   world_size ................... 16
[2025-02-02 08:00:00,100] [INFO] [config.py:1000:print]   zero_config .................. stage=2 contiguous_gradients=True reduce_scatter=True reduce_bucket_size=500,000,000 offload_param=None offload_optimizer=None
[2025-02-02 08:00:00,100] [INFO] [config.py:1000:print]   zero_enabled ................. True
[2025-02-02 08:00:00,100] [INFO] [config.py:1000:print]   zero_optimization_stage ...... 2
[2025-02-02 08:01:00,100] [INFO] [logging.py:96:log_dist] [Rank 0] step=10, skipped=0, lr=[0.0003], mom=[(0.9, 0.999)]
[2025-02-02 08:01:00,101] [INFO] [timer.py:260:stop] epoch=0/micro_step=20/global_step=10, RunningAvgSamplesPerSec=30.5, CurrSamplesPerSec=32.0, MemAllocated=6.01GB, MaxMemAllocated=19.52GB
[2025-02-02 08:02:00,101] [INFO] [timer.py:260:stop] epoch=0/micro_step=40/global_step=20, RunningAvgSamplesPerSec=31.0, CurrSamplesPerSec=32.0, MemAllocated=6.01GB, MaxMemAllocated=20.5GB
[2025-02-02 08:03:00,101] [INFO] [timer.py:260:stop] epoch=0/micro_step=60/global_step=30, RunningAvgSamplesPerSec=31.0, CurrSamplesPerSec=32.0, MemAllocated=6.01GB, MaxMemAllocated=20.5GB
)";

inline const std::string kTorchtitan =
    R"([rank0]:[titan] 2025-03-03 12:00:00,000 - root - INFO - Starting job: Llama 3 8B training
[rank0]:[titan] 2025-03-03 12:00:01,000 - root - INFO - Building device mesh with parallelism: pp=1, dp_replicate=2, dp_shard=8, cp=1, tp=2, ep=1, etp=1
[rank0]:[titan] 2025-03-03 12:00:02,000 - root - INFO - CUDA capacity: NVIDIA H100 80GB HBM3 with 79.11GiB memory
[rank0]:[titan] 2025-03-03 12:00:03,000 - root - INFO - Building llama3 8B with TransformerModelArgs(_enforced='This field is used to enforce all fields have defaults.', dim=4096, n_layers=32, n_heads=32, n_kv_heads=8, vocab_size=128256, multiple_of=1024, ffn_dim_multiplier=1.3, norm_eps=1e-05, rope_theta=500000, max_seq_len=8192)
[rank0]:[titan] 2025-03-03 12:00:03,100 - root - INFO - Model llama3 8B size: 8,030,261,248 total parameters
[rank0]:[titan] 2025-03-03 12:00:03,200 - root - INFO - Applied Tensor Parallelism to the model
[rank0]:[titan] 2025-03-03 12:00:03,300 - root - INFO - Applied full activation checkpointing to the model
[rank0]:[titan] 2025-03-03 12:00:03,400 - root - INFO - Applied HSDP to the model
[rank0]:[titan] 2025-03-03 12:00:03,500 - root - INFO - Trainer is initialized with local batch size 2, global batch size 32, gradient accumulation steps 1, sequence length 8192, total steps 1000 (warmup 200)
[rank0]:[titan] 2025-03-03 12:00:10,000 - root - INFO - step:  1  loss: 12.2417  grad_norm:  5.11  memory: 42.08GiB(53.19%)  tps: 1,478  tflops: 80.10  mfu: 8.10%
[rank0]:[titan] 2025-03-03 12:00:30,000 - root - INFO - step: 10  loss:  9.8821  grad_norm:  2.64  memory: 49.59GiB(62.68%)  tps: 4,096  tflops: 237.20  mfu: 23.98%
[rank0]:[titan] 2025-03-03 12:00:30,001 - root - INFO - validate step: 10  loss:  9.9  memory: 49.59GiB(62.68%)  tps: 20,000
[rank0]:[titan] 2025-03-03 12:00:50,000 - root - INFO - step: 20  loss:  8.3854  grad_norm:  2.02  memory: 49.59GiB(62.68%)  tps: 2,000  tflops: 118.00  mfu: 11.90%
[rank0]:[titan] 2025-03-03 12:01:10,000 - root - INFO - step: 30  loss:  7.6991  grad_norm:  1.90  memory: 50.00GiB(63.20%)  tps: 4,096  tflops: 237.20  mfu: 23.98%
)";

inline const std::string kNemo = R"(All distributed processes registered. Starting with 8 processes
[NeMo I 2025-04-04 09:00:00 nemo_logging:393] Rank 0 has data parallel group : [0, 1]
Training epoch 0, iteration 0/99 | lr: 1.961e-06 | global_batch_size: 128 | global_step: 0 | reduced_train_loss: 11.31 | train_step_timing in s: 27.12
Training epoch 0, iteration 1/99 | lr: 3.922e-06 | global_batch_size: 128 | global_step: 1 | reduced_train_loss: 11.05 | train_step_timing in s: 6.505 | consumed_samples: 256
Training epoch 0, iteration 2/99 | lr: 5.882e-06 | global_batch_size: 128 | global_step: 2 | reduced_train_loss: 10.01 | train_step_timing in s: 6.5 | consumed_samples: 384
Training epoch 0, iteration 3/99 | lr: 7.843e-06 | global_batch_size: 128 | global_step: 3 | reduced_train_loss: 9.101 | train_step_timing in s: 6.495 | consumed_samples: 512
)";

inline const std::string kNemoBar =
    "Epoch 0: :   1%|          | 1/100 [00:20<33:00, reduced_train_loss=11.0, global_step=0.000, "
    "consumed_samples=256.0, train_step_timing in s=20.00]\rEpoch 0: :   2%|          | 2/100 [00:23<19:10, "
    "reduced_train_loss=10.9, global_step=1.000, consumed_samples=512.0, train_step_timing in "
    "s=3.130]\rEpoch 0: :"
    "   3%|          | 3/100 [00:26<14:17, reduced_train_loss=10.7, global_step=2.000, "
    "consumed_samples=768.0, "
    "train_step_timing in s=3.150]\n";

inline const std::string kLightning =
    "  | Name  | Type | Params\nEpoch 0:   0%|          | 0/200 [00:00<?, ?it/s]\rEpoch 0:  50%|#####     | "
    "100/200 "
    "[02:00<02:00,  1.20s/it, v_num=0]\rEpoch 0: 100%|##########| 200/200 [04:00<00:00,  1.20s/it, "
    "v_num=0]\n";

inline const std::string kHfTrainer = R"(***** Running training *****
  Num examples = 3,000
  Num Epochs = 1
  Instantaneous batch size per device = 4
  Total train batch size (w. parallel, distributed & accumulation) = 64
  Gradient Accumulation steps = 2
  Total optimization steps = 47
  Number of trainable parameters = 8,030,261,248
{'loss': 1.0355, 'grad_norm': 2.13, 'learning_rate': 1e-05, 'epoch': 0.5}
100%|##########| 47/47 [03:08<00:00,  4.00s/it]
{'train_runtime': 188.0, 'train_samples_per_second': 15.957, 'train_steps_per_second': 0.25, 'train_loss': 1.359, 'epoch': 1.0}
)";

inline const std::string kHfResults = R"({
    "epoch": 3.0,
    "total_flos": 5.0e+17,
    "train_loss": 1.55,
    "train_runtime": 400.0,
    "train_samples": 3200,
    "train_samples_per_second": 24.0,
    "train_steps_per_second": 0.75
}
)";

inline const std::string kNanotron =
    R"(05/05/2025 10:00:00 [INFO|DP=0|PP=0|TP=0|node1]: Config(general=GeneralArgs(project='debug',
05/05/2025 10:00:00 [INFO|DP=0|PP=0|TP=0|node1]:        parallelism=ParallelismArgs(dp=4,
05/05/2025 10:00:00 [INFO|DP=0|PP=0|TP=0|node1]:                                    pp=1,
05/05/2025 10:00:00 [INFO|DP=0|PP=0|TP=0|node1]:                                    tp=2,
05/05/2025 10:00:00 [INFO|DP=0|PP=0|TP=0|node1]:                                    recompute_layer=False,
05/05/2025 10:00:00 [INFO|DP=0|PP=0|TP=0|node1]:        model=ModelArgs(dtype=torch.bfloat16,
05/05/2025 10:00:00 [INFO|DP=0|PP=0|TP=0|node1]:                        hidden_size=2048,
05/05/2025 10:00:00 [INFO|DP=0|PP=0|TP=0|node1]:                        intermediate_size=8192,
05/05/2025 10:00:00 [INFO|DP=0|PP=0|TP=0|node1]:                        num_attention_heads=32,
05/05/2025 10:00:00 [INFO|DP=0|PP=0|TP=0|node1]:                        num_hidden_layers=16,
05/05/2025 10:00:00 [INFO|DP=0|PP=0|TP=0|node1]:                        num_key_value_heads=8,
05/05/2025 10:00:00 [INFO|DP=0|PP=0|TP=0|node1]:                        vocab_size=49152)
05/05/2025 10:00:00 [INFO|DP=0|PP=0|TP=0|node1]:        optimizer=OptimizerArgs(zero_stage=1,
05/05/2025 10:00:01 [INFO|DP=0|PP=0|TP=0|node1]: Total number of parameters: 1.24G (2365.02MiB)
05/05/2025 10:00:02 [INFO|DP=0|PP=0|TP=0|node1]: [Start training] datetime: 2025-05-05 10:00:02.1 | mbs: 4 | grad_accum: 2 | global_batch_size: 32 | sequence_length: 4096 | train_steps: 100 | start_iteration_step: 0 | consumed_train_samples: 0
05/05/2025 10:00:09 [INFO|DP=0|PP=0|TP=0|node1]:  Memory usage: 6415.00MiB. Peak allocated 20309.29MiB. Peak reserved: 30720.00MiB
05/05/2025 10:00:09 [INFO|DP=0|PP=0|TP=0|node1]: iteration: 1 / 100 | consumed_tokens: 131K | elapsed_time_per_iteration_ms: 4.71K | tokens_per_sec: 27.8K | tokens_per_sec_per_gpu: 3.48K | global_batch_size: 32 | lm_loss: 11.3 | lr: 0.00015 | model_tflops_per_gpu: 29 | hardware_tflops_per_gpu: 29 | grad_norm: 2.96
05/05/2025 10:00:10 [INFO|DP=0|PP=0|TP=0|node1]: iteration: 2 / 100 | consumed_tokens: 262K | elapsed_time_per_iteration_ms: 512 | tokens_per_sec: 256K | tokens_per_sec_per_gpu: 32K | global_batch_size: 32 | lm_loss: 11.1 | lr: 0.0003 | model_tflops_per_gpu: 270 | hardware_tflops_per_gpu: 270 | grad_norm: 3.29
05/05/2025 10:00:10 [INFO|DP=0|PP=0|TP=0|node1]: iteration: 3 / 100 | consumed_tokens: 393K | elapsed_time_per_iteration_ms: 514 | tokens_per_sec: 255K | tokens_per_sec_per_gpu: 31.9K | global_batch_size: 32 | lm_loss: 10.9 | lr: 0.0003 | model_tflops_per_gpu: 269 | hardware_tflops_per_gpu: 269 | grad_norm: 3.29
)";

}  // namespace aifsim::records
