"""The endpoint that Prometheus reads."""

from fastapi import APIRouter, Request, Response

from app.api.http.urls import query_pairs
from app.api.middleware.metrics import MEDIA_TYPE, RequestMetrics
from app.query.params.param import parse_query

router = APIRouter()


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request) -> Response:
    """Render the metrics of all worker processes. Raises InvalidParameterError for any query parameter."""
    parse_query(query_pairs(request), {})
    request_metrics: RequestMetrics = request.app.state.metrics
    return Response(request_metrics.exposition(), media_type=MEDIA_TYPE)
