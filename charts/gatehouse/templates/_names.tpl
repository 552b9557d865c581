{{/* The chart's name, which is also the label app.kubernetes.io/name. */}}
{{- define "gatehouse.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "gatehouse.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The workload, its Services and its ConfigMap. */}}
{{- define "gatehouse.controllerName" -}}
{{- printf "%s-%s" (include "gatehouse.fullname" .) .Values.controller.name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "gatehouse.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{/* The one namespace that is watched when controller.scope.enabled. */}}
{{- define "gatehouse.watchedNamespace" -}}
{{- default (include "gatehouse.namespace" .) .Values.controller.scope.namespace -}}
{{- end -}}

{{- define "gatehouse.electionId" -}}
{{- index .Values.controller.extraArgs "election-id" | default .Values.controller.electionID | default (printf "%s-leader" (include "gatehouse.fullname" .)) -}}
{{- end -}}

{{- define "gatehouse.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "gatehouse.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "gatehouse.image" -}}
{{- $image := .Values.controller.image -}}
{{- $registry := default .Values.global.image.registry $image.registry -}}
{{- $path := default (ternary (printf "%s/%s" $registry $image.image) $image.image (ne $registry "")) $image.repository -}}
{{- $path -}}:{{- default .Chart.AppVersion $image.tag -}}
{{- with $image.digest -}}@{{- . -}}{{- end -}}
{{- end -}}

{{/* What selects the controller's Pods; it must not change between versions. */}}
{{- define "gatehouse.selectorLabels" -}}
app.kubernetes.io/name: {{ include "gatehouse.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: controller
{{- end -}}

{{- define "gatehouse.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "gatehouse.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: {{ include "gatehouse.name" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Labels of objects that have no value for labels of their own. */}}
{{- define "gatehouse.controllerLabels" -}}
{{ include "gatehouse.labels" . }}
{{- with .Values.controller.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Labels of what takes the addresses back before an uninstall. No Service and no replica may take its Pod for one of the controller's. */}}
{{- define "gatehouse.withdrawalLabels" -}}
{{ include "gatehouse.controllerLabels" . | fromYaml | merge (dict "app.kubernetes.io/component" "withdraw") | toYaml }}
{{- end -}}

{{/* The head of an object in the release's namespace; (list . name). */}}
{{- define "gatehouse.metadata" -}}
{{- $root := index . 0 -}}
name: {{ index . 1 }}
namespace: {{ include "gatehouse.namespace" $root }}
labels:
  {{- include "gatehouse.controllerLabels" $root | nindent 2 }}
{{- end -}}
