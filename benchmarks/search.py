"""How long a search among 100 000 vectors takes, what it finds, and how large its index is; beside faiss and numpy.

Clustered random vectors of MiniLM's 384 numbers, the same in every run; queries are near one of them. Each query is
asked alone, all methods in turn, so that what else the machine does meets them alike; beside the median there is the
processor time of a query, over all threads.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import tyro

from bert_keras.inference.search import Index

_DIMENSION = 384


def clustered(num_vectors, num_clusters=1000, seed=0):
    random = np.random.default_rng(seed)
    centres = random.standard_normal((num_clusters, _DIMENSION), "float32")
    vectors = centres[random.integers(0, num_clusters, num_vectors)]
    vectors += 0.8 * random.standard_normal(vectors.shape, "float32")
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def size(folder, *, without=()):
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file() and path.name not in without)


def main(texts: int = 100_000, queries: int = 100, top_k: int = 10):
    vectors = clustered(texts)
    asked = np.random.default_rng(1).integers(0, texts, queries)
    noise = np.random.default_rng(2).standard_normal((queries, _DIMENSION), "float32")
    questions = vectors[asked] + 0.02 * noise

    def encoder(names):  # a text is the number of its vector; the index's own sentences have the first ones
        return np.stack(
            [
                questions[int(n[1:])] if n[0] == "q" and n[1:].isdigit() else vectors[int(n) if n.isdigit() else len(n)]
                for n in names
            ]
        )

    with tempfile.TemporaryDirectory() as folder:
        indexes = {}
        for dtype in ("float32", "int8"):
            began = time.process_time()
            indexes[dtype] = Index.build(Path(folder, dtype), map(str, range(texts)), encoder, dtype=dtype)
            print(f"{dtype}: built in {time.process_time() - began:.1f} s of processor time")
        began = time.process_time()
        indexes["float32"].prepare("approximate")
        print(f"graph: built in {time.process_time() - began:.1f} s of processor time")

        ways = {
            f"Index, {dtype}, {method}": lambda q, i=index, m=method: i.find([f"q{q}"], top_k, method=m)[0][0]
            for dtype, index in indexes.items()
            for method in ("exact", "binary")
        }
        ways["Index, float32, approximate"] = lambda q: indexes["float32"].find([f"q{q}"], top_k, method="approximate")[
            0
        ][0]
        ways["numpy, product and argpartition"] = lambda q: np.argpartition(-(vectors @ questions[q]), top_k)[:top_k]
        try:
            import faiss
        except ImportError:
            print("faiss is not installed")
        else:
            flat = faiss.IndexFlatIP(_DIMENSION)
            flat.add(vectors)
            ways["faiss, flat"] = lambda q: flat.search(questions[q : q + 1], top_k)[1][0]
        right = [set(indexes["float32"].find([f"q{q}"], top_k)[0][0].tolist()) for q in range(queries)]
        measured = {name: ([], [], []) for name in ways}
        for query in range(queries):
            for name, way in ways.items():
                began, used = time.perf_counter(), time.process_time()
                found = way(query)
                values = time.perf_counter() - began, time.process_time() - used
                values += (len(right[query] & set(found.tolist())) / top_k,)
                for kept, value in zip(measured[name], values, strict=True):
                    kept.append(value)
        print(f"{'':34} {'ms':>8} {'processor ms':>13} {'recall':>7}")
        for name, (elapsed, used, recall) in measured.items():
            print(f"{name:34} {1e3 * np.median(elapsed):8.3f} {1e3 * np.median(used):13.3f} {np.mean(recall):7.4f}")
        own = vectors.nbytes
        print(f"vectors {own / 1e6:.0f} MB; index, its texts left out:")
        for dtype in indexes:
            share = size(Path(folder, dtype), without=("texts.jsonl",)) / own
            print(f"  {dtype}{', with its graph' if dtype == 'float32' else ''}: {share:.2f} of them")


if __name__ == "__main__":
    tyro.cli(main)
