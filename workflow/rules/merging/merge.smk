# Stage: one adapter from many, for each arm, task and replicate. Test rows never enter here.
# REQUIRED INPUTS: <results>/base/, <results>/tasks/ (train, valid), <results>/pool/,
#                  <results>/rankings/, <results>/fresh/
# OUTPUTS: <results>/merged/{arm}/{task}/{replicate}/ (merge.json, coefficients.tsv, curve.tsv,
#          tuning.tsv; of arms that the study exports a PEFT folder or routed.json with
#          routed.safetensors, card and NOTICE; of others gates.safetensors with sources.json, or
#          weights until they are worn),
#          <results>/seconds/merge_adapters/{arm}/{task}/{replicate}.tsv
# Beside them the merges are kept in <results>/parts/merge_adapters/: see `recycling.ground.parts`.
from dataclasses import asdict

from recycling.ground import rule_settings
from recycling.plan.wiring import built_in
from recycling.plan.work import arm_groups, merging, units
from recycling.plan.work.base import gpus, one_of

ARM_GROUPS = arm_groups.groups(STUDY)
rule_settings.share(
    workflow.resource_settings, arm_groups.RULE, [group.rule for group in ARM_GROUPS]
)


# The outputs of a rule cannot depend on its wildcards, but tasks may have arms of their own: so
# there is a rule for each group of tasks with the same arms. Arms that choose by the test rows have
# one of their own.
for group in ARM_GROUPS:

    rule:
        name:
            group.rule
        input:
            model="<results>/base/model",
            checksums="<results>/base/checksums.json",
            modules="<results>/base/modules.tsv",
            runtime="<results>/base/runtime.json",
            train="<results>/tasks/{task}/{replicate}/train.jsonl",
            valid="<results>/tasks/{task}/{replicate}/valid.jsonl",
            task="<results>/tasks/{task}/{replicate}/task.json",
            rankings=plan(group.rankings),
            shards=plan(group.shards),
            fresh=plan(group.fresh),
            stand_ins=plan(group.stand_ins),
        output:
            staying=group.staying(STUDY),
            passing=temp(group.passing(STUDY)),
            seconds=group.seconds(),
        log:
            f"<logs>/merge_adapters/{{task}}/{{replicate}}/{group.number}.log",
        benchmark:
            f"<benchmarks>/merge_adapters/{{task}}/{{replicate}}/{group.number}.tsv"
        wildcard_constraints:
            task=one_of(group.tasks),
        conda:
            "../../../envs/models.yaml"
        threads: 1
        resources:
            mem_mb=3000,
            gpu=gpus(STUDY.runtime),
        params:
            code=built_in(group.code(STUDY)),
            recipes=built_in(group.recipes(STUDY)),
            drawing=group.drawing(STUDY),
            joined=group.joined(STUDY),
            folding=group.folding(STUDY),
            named=plan(merging.worn_arms),
            store=plan(merging.merge_store),
            base_name=STUDY.base.name,
            seed=plan(units.replicate_seed),
            conduct=asdict(STUDY.protocol.conduct),
        script:
            "../../scripts/merging/merge_adapters.py"
