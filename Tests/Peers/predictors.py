"""The peers' predictors: for each peer a function that takes the options of one_run.py and returns its settings.

Every network has the fixed weights of networks.py, so that the logits can be compared. The arithmetic is float32, except for
"PyTorch bfloat16".
"""

import collections
import concurrent.futures
import os
import queue
from dataclasses import dataclass
from typing import Callable

import networks

BATCHES = (8, 16, 128, 512)
IN_PARALLEL = "one thread per batch"


@dataclass(frozen=True)
class Predictor:
    """One setting of a peer.

    `logits` maps images `[image][row][column][1]` to logits `[image][10]`. `start` begins the prediction of a batch and may
    return before it is done, `wait` returns when all are done; without them, `logits` is called.
    """

    logits: Callable
    start: Callable | None = None
    wait: Callable = lambda: None
    batches: tuple[int, ...] = BATCHES


def in_parallel(functions, initializer=None):
    """A predictor with a thread for each function: a batch goes to the next function that is free."""
    free = queue.SimpleQueue()
    for function in functions:
        free.put(function)
    pool = concurrent.futures.ThreadPoolExecutor(len(functions), initializer=initializer)
    started = collections.deque()

    def run(images):
        function = free.get()
        try:
            return function(images)
        finally:
            free.put(function)

    def start(images):
        if len(started) >= 2 * len(functions):
            started.popleft().result()
        started.append(pool.submit(run, images))

    def wait():
        while started:
            started.popleft().result()

    return Predictor(lambda images: pool.submit(run, images).result(), start, wait)


def channels_first(images):
    """The images as `[image][1][row][column]`; with a single channel, the bytes are the same."""
    return images.reshape(-1, 1, networks.SIDE, networks.SIDE)


def keras_predictors(options):
    """A `tf.function` of the network."""
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(options.threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(options.threads)
    network = networks.fixed_keras_network(options.notation)
    function = tensorflow.function(lambda images: network(images, training=False))
    return {"tf.function": Predictor(lambda images: function(images).numpy())}


def torch_predictors(options, bfloat16=False):
    """Eager; traced, frozen and fused; and the latter with two batches at once."""
    import torch

    torch.set_num_threads(options.threads)
    network = networks.fixed_torch_network(options.notation).eval()

    def function(network):
        def logits(images):
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                return network(torch.from_numpy(channels_first(images))).float().numpy()

        return logits

    if bfloat16:
        return {"eager": Predictor(function(network))}
    example = torch.rand(16, 1, networks.SIDE, networks.SIDE)
    frozen = function(torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(network, example))))
    return {
        "eager": Predictor(function(network)),
        "frozen": Predictor(frozen),
        f"frozen, {IN_PARALLEL}": in_parallel([frozen] * options.threads, lambda: torch.set_num_threads(1)),
    }


def compiled_torch_predictors(options):
    """`torch.compile` with its default options, with frozen weights, and tuned; compiled for each number of images."""
    import torch

    torch.set_num_threads(options.threads)
    torch._dynamo.config.recompile_limit = 64  # beyond it, eager mode is used
    network = networks.fixed_torch_network(options.notation).eval()

    def predictor(**settings):
        compiled = torch.compile(network, dynamic=False, options=settings)

        def logits(images):
            with torch.no_grad():
                return compiled(torch.from_numpy(channels_first(images))).numpy()

        return Predictor(logits)

    return {
        "default": predictor(),
        "freezing": predictor(freezing=True),
        "freezing, max-autotune": predictor(freezing=True, max_autotune=True),
    }


def jax_predictors(options):
    """The jitted network."""
    import jax

    network, arrays = networks.jax_network(options.notation)
    function = jax.jit(lambda images: network(arrays, images)[0])
    return {"jit": Predictor(lambda images: function(images).block_until_ready())}


def onnxruntime_predictors(options):
    """All threads on a batch, and one thread on each."""
    import onnxruntime

    def function(threads):
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(options.reference / "network.onnx", settings, ["CPUExecutionProvider"])
        return lambda images: session.run(None, {"images": channels_first(images)})[0]

    return {
        "all threads": Predictor(function(options.threads)),
        IN_PARALLEL: in_parallel([function(1) for _ in range(options.threads)]),
    }


def openvino_predictors(options):
    """Both hints, each with as many batches at once as OpenVINO calls optimal. It would use bfloat16 if it were not told."""
    os.environ["CI"] = "true"  # otherwise it reports its use over the network
    import openvino

    def predictor(hint):
        core = openvino.Core()
        settings = {
            "INFERENCE_NUM_THREADS": options.threads,
            "PERFORMANCE_HINT": hint,
            "INFERENCE_PRECISION_HINT": "f32",
        }
        compiled = core.compile_model(core.read_model(options.reference / "network.onnx"), "CPU", settings)
        requests = openvino.AsyncInferQueue(compiled)
        start = lambda images: requests.start_async({0: channels_first(images)}, share_inputs=True)
        return Predictor(lambda images: compiled(channels_first(images))[0], start, requests.wait_all)

    return {hint.lower(): predictor(hint) for hint in ("LATENCY", "THROUGHPUT")}


def mnn_predictors(options):
    """All threads on a batch. `high` precision is float32; Winograd's algorithm is allowed."""
    import MNN.expr
    import MNN.nn

    manager = MNN.nn.create_runtime_manager(({"backend": "CPU", "precision": "high", "numThread": options.threads},))
    network = MNN.nn.load_module_from_file(str(options.reference / "network.mnn"), ["images"], ["logits"], runtime_manager=manager)

    def logits(images):
        images = channels_first(images)
        return network.forward(MNN.expr.const(images, list(images.shape), MNN.expr.NCHW)).read()

    return {"all threads": Predictor(logits)}


def ncnn_predictors(options):
    """One image a call, since ncnn has no batches: all threads on an image, and one thread on each."""
    import ncnn
    import numpy

    def function(threads):
        network = ncnn.Net()
        settings = network.opt
        settings.num_threads = threads
        settings.use_fp16_packed = settings.use_fp16_storage = settings.use_fp16_arithmetic = False
        settings.use_bf16_packed = settings.use_bf16_storage = False
        settings.use_winograd_convolution = True
        network.load_param(str(options.reference / "network.ncnn.param"))
        network.load_model(str(options.reference / "network.ncnn.bin"))

        def one(image):
            extractor = network.create_extractor()
            extractor.input("in0", ncnn.Mat(image))
            return numpy.array(extractor.extract("out0")[1])

        return lambda images: numpy.stack([one(image) for image in channels_first(images)])

    sizes = (512,)
    several = in_parallel([function(1) for _ in range(options.threads)])
    return {
        "all threads": Predictor(function(options.threads), batches=sizes),
        IN_PARALLEL: Predictor(several.logits, several.start, several.wait, sizes),
    }


def litert_predictors(options):
    """All threads on a batch, and one thread on each; with XNNPACK, which the interpreter uses by default."""
    from ai_edge_litert.interpreter import Interpreter

    def function(threads):
        interpreter = Interpreter(str(options.reference / "network.tflite"), num_threads=threads)
        source, result = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
        count = None

        def logits(images):
            nonlocal count
            if len(images) != count:
                count = len(images)
                interpreter.resize_tensor_input(source, images.shape)
                interpreter.allocate_tensors()
            interpreter.set_tensor(source, images)
            interpreter.invoke()
            return interpreter.get_tensor(result)

        return logits

    return {
        "all threads": Predictor(function(options.threads)),
        IN_PARALLEL: in_parallel([function(1) for _ in range(options.threads)]),
    }


PREDICTORS = {
    "Keras": keras_predictors,
    "PyTorch": torch_predictors,
    "PyTorch compiled": compiled_torch_predictors,
    "PyTorch bfloat16": lambda options: torch_predictors(options, bfloat16=True),
    "JAX": jax_predictors,
    "ONNX Runtime": onnxruntime_predictors,
    "OpenVINO": openvino_predictors,
    "LiteRT": litert_predictors,
    "MNN": mnn_predictors,
    "ncnn": ncnn_predictors,
}
