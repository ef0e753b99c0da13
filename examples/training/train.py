"""Trains a small network on several nodes: reads from FSx for Lustre, writes to EFS.

Run by torchrun in both examples of this folder, which set DATA and RESULTS.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

EPOCHS = 5


def samples(folder: Path) -> TensorDataset:
    """Rows of ``features...,label`` of all CSV files; made-up ones where there is none."""
    rows = [
        [float(number) for number in line.split(",")]
        for file in sorted(folder.glob("*.csv"))
        for line in file.read_text().splitlines()
    ]
    if rows:
        table = torch.tensor(rows)
        return TensorDataset(table[:, :-1], table[:, -1:])
    features = torch.rand(4096, 8, generator=torch.Generator().manual_seed(0))
    return TensorDataset(features, features.sum(dim=1, keepdim=True))


def main() -> None:
    """Train, and let the first process write what came out."""
    on_gpu = torch.cuda.is_available()
    dist.init_process_group("nccl" if on_gpu else "gloo")
    device = torch.device("cuda", int(os.environ["LOCAL_RANK"])) if on_gpu else torch.device("cpu")
    data = samples(Path(os.environ["DATA"]))
    sampler = DistributedSampler(data)
    loader = DataLoader(data, batch_size=64, sampler=sampler)
    network = nn.Sequential(nn.Linear(data[0][0].numel(), 32), nn.ReLU(), nn.Linear(32, 1))
    model = DistributedDataParallel(network.to(device))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    loss = torch.tensor(0.0)
    for epoch in range(EPOCHS):
        sampler.set_epoch(epoch)
        for features, labels in loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(features.to(device)), labels.to(device))
            loss.backward()
            optimizer.step()
    if dist.get_rank() == 0:
        results = Path(os.environ["RESULTS"])
        results.mkdir(parents=True, exist_ok=True)
        torch.save(network.state_dict(), results / "model.pt")
        report = {"loss": loss.item(), "processes": dist.get_world_size(), "rows": len(data)}
        (results / "report.json").write_text(json.dumps(report))
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
