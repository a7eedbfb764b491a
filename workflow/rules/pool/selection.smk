# Stage: which adapters of the pool a merge takes.
# REQUIRED INPUTS: <results>/pool/, what is measured of each adapter (measures.smk)
# OUTPUTS: <results>/rankings/{selector}/{subpool}/{task}/{replicate}.tsv,
#          <results>/tables/selection.tsv
from recycling.plan.wiring import built_in
from recycling.plan.work import pool, selection, subpools, units
from recycling.plan.work.base import code, one_of
from recycling.plan.work.harmful import harmful


wildcard_constraints:
    subpool=one_of(subpools.parts(STUDY)),


checkpoint rank_adapters:
    """Rank the accepted pool, or a part of it, for a target task by one selector."""
    input:
        accepted="<results>/pool/accepted.tsv",
        evidence=plan(selection.evidence),
        published=pool.published(STUDY),
    output:
        ranking="<results>/rankings/{selector}/{subpool}/{task}/{replicate}.tsv",
    log:
        "<logs>/rank_adapters/{selector}/{subpool}/{task}/{replicate}.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("pool/rank_adapters"),
        metric=plan(selection.metric),
        part=plan(subpools.part),
        harmful=built_in(harmful(STUDY)),
        limits=plan(subpools.limits),
        seed=plan(units.replicate_seed),
    script:
        "../../scripts/pool/rank_adapters.py"


rule collect_rankings:
    """Collect all rankings of the study in one table."""
    input:
        rankings=selection.ranking_files(STUDY),
    output:
        selection="<results>/tables/selection.tsv",
    log:
        "<logs>/collect_rankings.log",
    localrule: True
    conda:
        "../../../envs/analysis.yaml"
    threads: 1
    params:
        code=code("pool/collect_rankings"),
        cells=built_in(selection.rankings(STUDY)),
    script:
        "../../scripts/pool/collect_rankings.py"
