"""Makes retrieval_scores.json with ir-measures: random runs with ties, and judgements of several grades.

pip install ir-measures && PYTHONPATH=. python tests/golden/make_retrieval_scores.py
"""

import json
import pathlib
import random

import ir_measures

MEASURES = {
    **{f"ndcg@{k}": ir_measures.nDCG @ k for k in (1, 3, 10)},
    **{f"precision@{k}": ir_measures.P @ k for k in (1, 5)},
    **{f"recall@{k}": ir_measures.R @ k for k in (3, 100)},
    "ndcg": ir_measures.nDCG,
    "mrr": ir_measures.RR,
    "map": ir_measures.AP,
    "map@3": ir_measures.AP @ 3,
    "success@2": ir_measures.Success @ 2,
}


def random_case(chosen):
    documents = [f"d{number}" for number in range(15)]
    queries = [f"q{number}" for number in range(8)]
    # Scores of few values: many documents tie. One query was not judged, another was not searched for.
    run = {
        query: {document: chosen.randint(0, 4) / 4 for document in chosen.sample(documents, chosen.randint(1, 12))}
        for query in queries[1:]
    }
    qrels = {
        query: {document: chosen.choice((-1, 0, 0, 1, 2, 3)) for document in chosen.sample(documents, 5)}
        for query in queries[:-1]
    }
    return run, qrels


def scores_of(run, qrels):
    scores = ir_measures.calc_aggregate(MEASURES.values(), qrels, run)
    return {name: scores[measure] for name, measure in MEASURES.items()}


def main():
    cases = []
    for seed in range(5):
        run, qrels = random_case(random.Random(seed))
        cases.append({"run": run, "qrels": qrels, "scores": scores_of(run, qrels)})
    path = pathlib.Path(__file__).with_name("retrieval_scores.json")
    path.write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main()
